{{ config(
    unique_key=['asset', 'quote', 'minute_at'],
    meta={'lookups': ['price_rules']},
    indexes=[
        {'columns': ['asset', 'quote', 'minute_at'], 'unique': true},
        {'columns': ['quote', 'minute_at']},
        {'columns': ['changed_in']},
    ],
) }}

{%- set claims_only = reads_claims_only() -%}
{%- set candles = ref('int_candles_chosen') -%}
{%- set unit_minutes = 60 if claims_only else 1440 -%}
{#- a venue's trade speaks for so long, and so does the one before it of whether it moved -#}
{%- set memory = "interval '60 minutes'" %}

with

-- a trade is remembered for an hour, and so is the trade after it by whether it moved
touched as (

    {% if claims_only -%}
    select distinct
        changed.symbol,
        {{ bucket_start(60, 'changed.opened_at') }} + hours.later as unit_at
    from {{ candles }} as changed
    cross join
        (values (interval '0 hours'), (interval '1 hour'), (interval '2 hours')) as hours (later)
    where
        changed.changed_in = any({{ claimed_batches() }})
        and changed.symbol not like '%:%'
    {%- else -%}
    select distinct
        symbol,
        {{ bucket_start(unit_minutes, 'opened_at') }} as unit_at
    from {{ candles }}
    where symbol not like '%:%'
    {%- endif %}

),

closed as (

    select
        touched.symbol,
        touched.unit_at,
        candles.*
    from touched
    cross join
        lateral (
            select
                found.exchange_id,
                found.opened_at,
                found.high,
                found.low,
                found.close,
                found.base_volume,
                coalesce(found.quote_volume, found.vwap * found.base_volume) as notional
            from {{ candles }} as found
            where
                found.symbol = touched.symbol
                and found.opened_at >= touched.unit_at - 2 * {{ memory }}
                and found.opened_at < touched.unit_at + interval '{{ unit_minutes }} minutes'
                and found.evidence_grade <> 'provisional'
            order by found.exchange_id, found.opened_at
            offset 0
        ) as candles

),

-- each hour has its minutes up to the last that any venue has a candle of
hours as (

    select
        symbol,
        unit_at,
        {{ bucket_start(60, 'opened_at') }} as hour_at,
        max(opened_at) as last_at
    from closed
    where opened_at >= unit_at
    group by
        symbol,
        unit_at,
        {{ bucket_start(60, 'opened_at') }}

),

minutes as (

    select
        hours.symbol,
        hours.unit_at,
        minutes.minute_at
    from hours
    cross join
        lateral generate_series(hours.hour_at, hours.last_at, interval '1 minute')
            as minutes (minute_at)

),

followed as (

    select
        closed.*,
        lag(closed.opened_at) over venue as previous_at,
        lag(closed.close) over venue as previous_close,
        lead(closed.opened_at) over venue as next_at
    from closed
    where closed.base_volume > 0 and closed.close > 0
    window venue as (partition by symbol, unit_at, exchange_id order by opened_at)

),

moved as (

    select
        followed.*,
        max(followed.opened_at) filter (
            where
            followed.high > followed.low
            or followed.close <> followed.previous_close
            or followed.previous_at is null
            or followed.previous_at < followed.opened_at - {{ memory }}
        ) over (
            partition by followed.symbol, followed.unit_at, followed.exchange_id
            order by followed.opened_at
        ) as moved_at
    from followed

),

-- what a venue traded stands until it trades again
standing as (

    select
        moved.symbol,
        minutes.minute_at,
        moved.exchange_id,
        moved.close as price,
        moved.moved_at,
        {{ steps_between("'1m'", 'moved.opened_at', 'minutes.minute_at') }} as age_minutes,
        case when minutes.minute_at = moved.opened_at then moved.base_volume else 0 end
            as base_volume,
        case when minutes.minute_at = moved.opened_at then moved.notional end as notional
    from moved
    cross join
        lateral generate_series(
            greatest(moved.opened_at, moved.unit_at),
            least(
                moved.next_at - interval '1 minute',
                moved.opened_at + {{ memory }},
                moved.unit_at + interval '{{ unit_minutes - 1 }} minutes'
            ),
            interval '1 minute'
        ) as minutes (minute_at)

),

rules as (

    select
        pairs.symbol,
        coalesce(own_rules.max_age_minutes, usual.max_age_minutes) as max_age_minutes,
        coalesce(own_rules.max_distance_bps, usual.max_distance_bps) as max_distance_bps,
        coalesce(own_rules.frozen_minutes, usual.frozen_minutes) as frozen_minutes
    from (select distinct symbol from touched) as pairs
    inner join {{ ref('price_rules') }} as usual on usual.asset = '*' and usual.quote = '*'
    left join {{ ref('price_rules') }} as own_rules
        on pairs.symbol = own_rules.asset || '/' || own_rules.quote

),

judged as (

    select
        standing.*,
        rules.max_age_minutes,
        rules.max_distance_bps,
        coalesce(
            standing.moved_at
            > standing.minute_at - make_interval(mins => rules.frozen_minutes),
            false
        ) as is_moving,
        standing.age_minutes > rules.max_age_minutes as is_stale
    from standing
    inner join rules on standing.symbol = rules.symbol

),

watched as (

    select
        judged.*,
        not judged.is_stale
        and not judged.is_moving
        and count(*) filter (where judged.is_moving and not judged.is_stale) over (
            partition by judged.symbol, judged.minute_at
        ) >= 2 as is_frozen
    from judged

),

-- where all lie within the distance of each other, none is further from a median
spread as (

    select
        symbol,
        minute_at,
        array_agg(exchange_id order by price, exchange_id) as exchange_ids,
        market.outliers(array_agg(price order by price, exchange_id), min(max_distance_bps))
            as outliers
    from watched
    where not is_stale and not is_frozen
    group by
        symbol,
        minute_at
    having max(price) - min(price) > min(price) * min(max_distance_bps) / 10000

),

outliers as (

    select
        spread.symbol,
        spread.minute_at,
        venues.exchange_id
    from spread
    cross join
        lateral unnest(spread.exchange_ids, spread.outliers) as venues (exchange_id, is_outlier)
    where venues.is_outlier

),

venues as (

    select
        watched.*,
        case
            when watched.is_stale then 'stale'
            when watched.is_frozen then 'frozen'
            when outliers.exchange_id is not null then 'distance'
        end as reason
    from watched
    left join outliers
        on
            watched.symbol = outliers.symbol
            and watched.minute_at = outliers.minute_at
            and watched.exchange_id = outliers.exchange_id

),

-- in order of price, as medians want them
counted as (

    select
        symbol,
        minute_at,
        array_agg(price order by price, exchange_id) as prices,
        array_agg(base_volume order by price, exchange_id) as base_volumes,
        count(*) as venues_count,
        count(notional) as vwap_venues_count,
        sum(notional) / sum(base_volume) filter (where notional is not null) as vwap,
        sum(base_volume) as base_volume,
        min(age_minutes) as age_minutes
    from venues
    where reason is null
    group by
        symbol,
        minute_at

),

priced as (

    select
        counted.*,
        market.median(counted.prices) as median,
        case when counted.base_volume > 0 then market.median(counted.prices) end
            as traded_median,
        market.weighted_median(counted.prices, counted.base_volumes) as volume_weighted_median,
        case
            when counted.base_volume > 0
                then
                    10000
                    * (counted.prices[cardinality(counted.prices)] - counted.prices[1])
                    / market.median(counted.prices)
        end as dispersion_bps
    from counted

),

left_out as (

    select
        venues.symbol,
        venues.minute_at,
        jsonb_agg(
            jsonb_build_object(
                'exchange_id', venues.exchange_id,
                'reason', venues.reason,
                'price', trim_scale(venues.price),
                'age_minutes', venues.age_minutes,
                'distance_bps', trim_scale(round(10000 * abs(venues.price / priced.median - 1), 4))
            )
            order by venues.exchange_id
        ) as excluded
    from venues
    left join priced
        on
            venues.symbol = priced.symbol
            and venues.minute_at = priced.minute_at
    where venues.reason is not null
    group by
        venues.symbol,
        venues.minute_at

),

-- what was last paid: of the venues that count, or else of those that are stale
ranked as (

    select
        symbol,
        minute_at,
        price,
        age_minutes,
        dense_rank() over (
            partition by symbol, minute_at
            order by reason is not null, age_minutes
        ) as place
    from venues
    where reason is null or reason = 'stale'

),

lasts as (

    select
        symbol,
        minute_at,
        market.median(array_agg(price order by price)) as last_price,
        min(age_minutes) as age_minutes
    from ranked
    where place = 1
    group by
        symbol,
        minute_at

),

int_prices_consolidated as (

    select
        split_part(minutes.symbol, '/', 1) as asset,
        split_part(minutes.symbol, '/', 2) as quote,
        minutes.minute_at,
        {{ fitting('round(priced.vwap, 18)') }} as vwap,
        {{ fitting('round(priced.traded_median, 18)') }} as median,
        {{ fitting('round(priced.volume_weighted_median, 18)') }} as volume_weighted_median,
        coalesce(priced.venues_count, 0) as venues_count,
        coalesce(priced.vwap_venues_count, 0) as vwap_venues_count,
        {{ fitting('round(priced.dispersion_bps, 4)', 'numeric(38, 4)') }} as dispersion_bps,
        coalesce(left_out.excluded, '[]') as excluded,
        {{ fitting('coalesce(priced.base_volume, 0)') }} as base_volume,
        {{ fitting('round(lasts.last_price, 18)') }} as last_price,
        lasts.age_minutes,
        {{ own_batch() }} as changed_in
    from
        minutes
    {%- for found in ['priced', 'left_out', 'lasts'] %}
left join {{ found }}
    on
        minutes.symbol = {{ found }}.symbol
        and minutes.minute_at = {{ found }}.minute_at
    {%- endfor %}

)

select * from int_prices_consolidated
