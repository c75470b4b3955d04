{%- set hour = ['exchange_id', 'symbol', 'hour_at'] -%}
{{ config(
    unique_key=['fixing', 'asset', 'quote', 'fixed_at'],
    meta={'lookups': ['fixing_rules']},
    indexes=[{'columns': ['changed_in']}],
) }}

{%- set gathered = ref('int_trades_gathered') -%}
{%- set answered = ref('int_trades_answered') %}

with

changed as (

    {% if reads_claims_only() -%}
    {{ touched_units(hour, batches={answered: 'hour_at'}, loads={gathered: 'traded_at_ns'}) }}
    {%- else -%}
    select
        exchange_id,
        symbol,
        hour_at
    from {{ answered }}
    union
    select
        exchange_id,
        symbol,
        {{ unit_start('hour_at', 'traded_at_ns') }} as hour_at
    from {{ gathered }}
    {%- endif %}

),

-- the window that holds the hour, or a part of it, may end on the next day
candidates as (

    select
        rules.fixing,
        changed.symbol,
        changed.hour_at,
        make_interval(mins => rules.window_minutes) as length,
        (
            (changed.hour_at at time zone rules.time_zone)::date + steps.later + rules.fixed_at
        ) at time zone rules.time_zone as fixed_at,
        rules.window_minutes,
        rules.partitions_count,
        string_to_array(rules.venues, ' ') as venues
    from changed
    inner join {{ ref('fixing_rules') }} as rules
        on changed.exchange_id = any(string_to_array(rules.venues, ' '))
    cross join generate_series(0, 1) as steps (later)
    where changed.symbol not like '%:%'

),

windows as (

    select distinct
        fixing,
        symbol,
        fixed_at - length as window_started_at,
        fixed_at,
        window_minutes,
        partitions_count,
        venues
    from candidates
    where
        hour_at < fixed_at
        and hour_at + interval '1 hour' > fixed_at - length

),

touched as materialized (

    select distinct
        venues.exchange_id,
        windows.symbol,
        hours.hour_at
    from windows
    cross join lateral unnest(windows.venues) as venues (exchange_id)
    cross join
        lateral generate_series(
            {{ bucket_start(60, 'windows.window_started_at') }},
            windows.fixed_at - interval '1 microsecond',
            interval '1 hour'
        ) as hours (hour_at)

),

readings as not materialized (

    {{ trade_readings_sql(
        rows_of(gathered, hour, at='traded_at_ns'),
        ref('stg_archive__files'),
    ) }}

),

standing as (

    {{ standing_trades_sql('readings') }}

),

trades as (

    select
        windows.fixing,
        windows.symbol,
        windows.fixed_at,
        standing.exchange_id,
        div(
            standing.traded_at_ns - {{ epoch_ms('windows.window_started_at') }} * 1000000,
            windows.window_minutes * 60000000000 / windows.partitions_count
        ) as partition_number,
        standing.price,
        standing.base_amount
    from windows
    inner join standing
        on
            windows.symbol = standing.symbol
            and standing.exchange_id = any(windows.venues)
            and standing.traded_at_ns >= {{ epoch_ms('windows.window_started_at') }} * 1000000
            and standing.traded_at_ns < {{ epoch_ms('windows.fixed_at') }} * 1000000

),

partitions as (

    select
        fixing,
        symbol,
        fixed_at,
        market.weighted_median(
            array_agg(price order by price),
            array_agg(base_amount order by price)
        ) as price
    from trades
    group by
        fixing,
        symbol,
        fixed_at,
        partition_number

),

prices as (

    select
        fixing,
        symbol,
        fixed_at,
        avg(price) as price,
        count(*) as partitions_count
    from partitions
    group by
        fixing,
        symbol,
        fixed_at

),

traded as (

    select
        fixing,
        symbol,
        fixed_at,
        exchange_id,
        count(*) as trades_count,
        sum(base_amount) as base_volume
    from trades
    group by
        fixing,
        symbol,
        fixed_at,
        exchange_id

),

-- of each venue, the minutes of the window that answers and files speak for as a whole
told as (

    select
        windows.fixing,
        windows.symbol,
        windows.fixed_at,
        answers.exchange_id,
        sum(bit_count((answers.whole_mask & {{ minutes_mask(
            epoch_ms('answers.hour_at'),
            epoch_ms('windows.window_started_at'),
            epoch_ms('windows.fixed_at'),
        ) }})::bit(64))) as minutes_count
    from windows
    inner join {{ answered }} as answers
        on
            answers.exchange_id = any(windows.venues)
            and windows.symbol = answers.symbol
            and windows.window_started_at < answers.hour_at + interval '1 hour'
            and windows.fixed_at > answers.hour_at
    group by
        windows.fixing,
        windows.symbol,
        windows.fixed_at,
        answers.exchange_id

),

venues as (

    select
        windows.fixing,
        windows.symbol,
        windows.fixed_at,
        windows.window_started_at,
        windows.partitions_count,
        count(traded.exchange_id) as venues_count,
        coalesce(string_agg(traded.exchange_id, ' ' order by traded.exchange_id), '') as venues,
        coalesce(sum(traded.trades_count), 0)::bigint as trades_count,
        coalesce(sum(traded.base_volume), 0) as base_volume,
        sum(windows.window_minutes - coalesce(told.minutes_count, 0))::bigint
            as untold_minutes_count
    from windows
    cross join lateral unnest(windows.venues) as listed (exchange_id)
    left join traded
        on
            windows.fixing = traded.fixing
            and windows.symbol = traded.symbol
            and windows.fixed_at = traded.fixed_at
            and listed.exchange_id = traded.exchange_id
    left join told
        on
            windows.fixing = told.fixing
            and windows.symbol = told.symbol
            and windows.fixed_at = told.fixed_at
            and listed.exchange_id = told.exchange_id
    where
        traded.exchange_id is not null
        or told.minutes_count > 0
    group by
        windows.fixing,
        windows.symbol,
        windows.fixed_at,
        windows.window_started_at,
        windows.partitions_count

),

fixings as (

    select
        venues.fixing,
        split_part(venues.symbol, '/', 1) as asset,
        split_part(venues.symbol, '/', 2) as quote,
        venues.fixed_at,
        venues.window_started_at,
        {{ fitting('round(prices.price, 18)') }} as price,
        coalesce(prices.partitions_count, 0) as partitions_count,
        venues.partitions_count - coalesce(prices.partitions_count, 0)
            as empty_partitions_count,
        venues.venues_count,
        venues.venues,
        venues.trades_count,
        {{ fitting('venues.base_volume') }} as base_volume,
        venues.untold_minutes_count,
        venues.untold_minutes_count = 0 as is_complete,
        {{ own_batch() }} as changed_in
    from venues
    left join prices
        on
            venues.fixing = prices.fixing
            and venues.symbol = prices.symbol
            and venues.fixed_at = prices.fixed_at

)

select * from fixings
