{{ config(
    unique_key=['load_id', 'exchange_id', 'market'],
    indexes=[{'columns': ['changed_in']}],
) }}

with

-- what one answer brought of a series
answers as (

    select
        load_id,
        exchange_id,
        symbol,
        request_id,
        max(venue_now_ms) as venue_now_ms,
        min(opened_at_ms) as first_ms,
        max(opened_at_ms) filter (where is_after_end) as last_ms,
        count(distinct opened_at_ms) filter (where is_after_end) as candles_count,
        count(distinct opened_at_ms) filter (
            where is_after_end and coalesce(base_volume, quote_volume) = 0
        ) as quiet_count
    from {{ ref('stg_exchange__ohlcv') }}
    where {{ loads_to_read('bronze_exchange') }}
    group by
        load_id,
        exchange_id,
        symbol,
        request_id

),

pages as (

    select
        load_id,
        exchange_id,
        symbol,
        request_id,
        min(asked_from_ms) as asked_from_ms,
        max(asked_until_ms) as asked_until_ms
    from {{ ref('stg_exchange__ohlcv_pages') }}
    where {{ loads_to_read('bronze_exchange') }}
    group by
        load_id,
        exchange_id,
        symbol,
        request_id

),

refused as (

    select
        load_id,
        exchange_id,
        {{ market_of('symbol') }} as market,
        count(*) as off_grid_count
    from {{ ref('stg_exchange__quarantine') }}
    where
        {{ loads_to_read('bronze_exchange') }}
        and table_name = 'ohlcv'
        and reason like '% ms off the minute%'
    group by
        load_id,
        exchange_id,
        {{ market_of('symbol') }}

),

-- between the first and the last of an answer a minute without a row was left out; what
-- begins after it was asked for was cut; what was asked up to now and ends before is late
placed as (

    select
        answers.*,
        {{ market_of('answers.symbol') }} as market,
        coalesce(
            (answers.last_ms - answers.first_ms) / {{ minute_ms() }} + 1
            - answers.candles_count,
            0
        ) as left_out_count,
        case
            when answers.first_ms > pages.asked_from_ms
                then (answers.venue_now_ms - answers.first_ms) / {{ minute_ms() }}
        end as window_minutes,
        case
            when answers.first_ms > pages.asked_from_ms
                then (answers.first_ms - pages.asked_from_ms) / {{ minute_ms() }}
        end as cut_minutes,
        case
            when pages.asked_until_ms > answers.venue_now_ms - {{ minute_ms() }}
                then
                    answers.venue_now_ms / {{ minute_ms() }}
                    - answers.last_ms / {{ minute_ms() }} - 1
        end as lag_minutes
    from answers
    inner join pages
        on
            answers.load_id = pages.load_id
            and answers.exchange_id = pages.exchange_id
            and answers.symbol = pages.symbol
            and answers.request_id = pages.request_id

),

answered as (

    select
        load_id,
        exchange_id,
        market,
        count(*) as answers_count,
        sum(candles_count) as candles_count,
        sum(quiet_count) as quiet_count,
        sum(left_out_count) as left_out_count,
        count(window_minutes) as cut_count,
        max(window_minutes) as window_minutes,
        (array_agg(cut_minutes order by window_minutes desc nulls last, cut_minutes desc))[1]
            as cut_minutes,
        max(venue_now_ms) as venue_now_ms,
        count(lag_minutes) as newest_count,
        count(*) filter (where lag_minutes > 0) as late_count,
        max(lag_minutes) as lag_minutes
    from placed
    group by
        load_id,
        exchange_id,
        market

),

measured as (

    select
        coalesce(answered.load_id, refused.load_id) as load_id,
        coalesce(answered.exchange_id, refused.exchange_id) as exchange_id,
        coalesce(answered.market, refused.market) as market,
        {%- for name in [
            'answers', 'candles', 'quiet', 'left_out', 'cut', 'newest', 'late',
        ] %}
        coalesce(answered.{{ name }}_count, 0)::bigint as {{ name }}_count,
        {%- endfor %}
        answered.window_minutes,
        answered.lag_minutes,
        answered.cut_minutes,
        answered.venue_now_ms,
        coalesce(refused.off_grid_count, 0) as off_grid_count,
        {{ own_batch() }} as changed_in
    from answered
    full join refused
        on
            answered.load_id = refused.load_id
            and answered.exchange_id = refused.exchange_id
            and answered.market = refused.market

)

select * from measured
