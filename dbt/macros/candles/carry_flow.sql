{#-
A post-hook of `fct_market_features`: a month's bars that were not computed anew follow, in
`obv` alone, by as much as the bar before them moved. They are most of what a late
correction changes: nothing else of them is read, made or compared.
-#}
{% macro carry_flow(candles) -%}
    {%- if not is_incremental() -%}
        {{ return('select 1') }}
    {%- endif -%}
    {%- set series = ['exchange_id', 'symbol', 'timeframe'] -%}
    with

    written as (

        select * from {{ this }} where changed_in = {{ own_batch() }}

    ),

    parts as (

        {{ month_parts_sql('written', series) }}

    ),

    followed as (

        select
            *,
            lead(first_at, 1, {{ bucket_end(none, 'month_at') }}) over (
                partition by {{ series | join(', ') }}, month_at
                order by first_at
            ) as until_at
        from parts

    ),

    -- the first bar after a part says what is missing
    moves as (

        select
            followed.*,
            stored.month_flow + {{ bar_flow('next_bars', 'last_bars.close') }} - next_ones.month_flow
                as flow
        from followed
        inner join {{ this }} as stored
            on
                {{ same_key('stored', 'followed', series) }}
                and followed.last_at = stored.opened_at
        cross join
            lateral (
                select this_table.*
                from {{ this }} as this_table
                where
                    {{ same_key('this_table', 'followed', series) }}
                    and this_table.opened_at > followed.last_at
                    and this_table.opened_at < followed.until_at
                order by this_table.opened_at
                limit 1
            ) as next_ones
        inner join {{ candles }} as last_bars
            on {{ same_key('stored', 'last_bars', series + ['opened_at']) }}
        inner join {{ candles }} as next_bars
            on {{ same_key('next_ones', 'next_bars', series + ['opened_at']) }}

    )

    update {{ this }} as stored
    set
        obv = case
            when stored.obv is not null then (stored.month_flow + moves.flow)::double precision
        end,
        month_flow = stored.month_flow + moves.flow,
        changed_in = {{ own_batch() }}
    from moves
    where
        {{ same_key('stored', 'moves', series) }}
        and stored.opened_at > moves.last_at
        and stored.opened_at < moves.until_at
        and moves.flow <> 0
{%- endmacro %}


{#- The first and the last of some bars in each block and month. -#}
{% macro month_parts_sql(bars, series) -%}
    select
        {{ series | join(',\n        ') }},
        {{ block_start('timeframe', 'opened_at') }} as block_at,
        date_trunc('month', opened_at, 'UTC') as month_at,
        min(opened_at) as first_at,
        max(opened_at) as last_at
    from {{ bars }}
    group by
        {{ series | join(',\n        ') }},
        {{ block_start('timeframe', 'opened_at') }},
        date_trunc('month', opened_at, 'UTC')
{%- endmacro %}


{#- What a bar adds to `obv`: its volume where the close rose, less it where it fell. -#}
{% macro bar_flow(bar, close_before, volume='base_volume') -%}
    coalesce({{ bar }}.{{ volume }} * sign({{ bar }}.close - {{ close_before }}), 0)
{%- endmacro %}
