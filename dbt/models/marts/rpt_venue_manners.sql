{{ config(materialized='view') }}

{%- set reaches_less = 'measured.window_minutes < declared.window_minutes - 2' %}

with

measured as (

    select
        exchange_id,
        market,
        {%- for name in [
            'answers', 'candles', 'quiet', 'left_out', 'cut', 'newest', 'late', 'off_grid',
        ] %}
        sum({{ name }}_count)::bigint as {{ name }}_count,
        {%- endfor %}
        max(window_minutes) as window_minutes,
        max(lag_minutes) as lag_minutes
    from {{ ref('int_manners_measured') }}
    group by
        exchange_id,
        market

),

-- an hour apart two answers begin equally far back, as far as any did, and an hour or more
-- after they were asked from: that is no listing, which falls behind, but a window
windows as (

    select
        measured.exchange_id,
        measured.market
    from measured
    inner join {{ ref('int_manners_measured') }} as loads
        on
            measured.exchange_id = loads.exchange_id
            and measured.market = loads.market
            and measured.window_minutes - loads.window_minutes <= 1
    where loads.cut_minutes >= 60
    group by
        measured.exchange_id,
        measured.market
    having max(loads.venue_now_ms) - min(loads.venue_now_ms) >= 60 * {{ minute_ms() }}

),

manners as (

    select
        measured.exchange_id::text as exchange_id,
        measured.market::text as market,
        measured.answers_count,
        measured.candles_count,
        declared.sends_quiet_minutes as declared_sends_quiet_minutes,
        measured.quiet_count,
        measured.left_out_count,
        declared.window_minutes::bigint as declared_window_minutes,
        measured.window_minutes,
        measured.cut_count,
        measured.newest_count,
        measured.late_count,
        measured.lag_minutes,
        measured.off_grid_count,
        nullif(
            concat_ws(
                ', ',
                case
                    when
                        not declared.sends_quiet_minutes
                        and measured.quiet_count >= 60
                        and measured.quiet_count > measured.left_out_count
                        then 'sends quiet minutes'
                end,
                case
                    when measured.window_minutes > declared.window_minutes + 1
                        then 'reaches further back'
                    when declared.window_minutes is null and windows.market is not null
                        then 'has a window'
                    when {{ reaches_less }} and windows.market is not null
                        then 'reaches less far back'
                end,
                case when measured.off_grid_count >= 60 then 'stamps off the minute' end
            ),
            ''
        ) as contradictions,
        nullif(
            concat_ws(
                ', ',
                case
                    when
                        declared.sends_quiet_minutes
                        and measured.left_out_count >= 60
                        and measured.left_out_count > measured.quiet_count
                        then 'leaves quiet minutes out'
                end,
                case
                    when {{ reaches_less }} and windows.market is null
                        then 'reaches less far back'
                end,
                case
                    when measured.off_grid_count between 1 and 59 then 'stamps off the minute'
                end
            ),
            ''
        ) as suspicions
    from measured
    left join {{ source('ops', 'venue_manners') }} as declared
        on
            measured.exchange_id = declared.exchange_id
            and measured.market = declared.market
    left join windows
        on
            measured.exchange_id = windows.exchange_id
            and measured.market = windows.market

)

select * from manners
