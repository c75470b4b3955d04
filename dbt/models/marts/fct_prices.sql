{%- set pair = ['asset', 'quote'] -%}
{{ config(
    unique_key=pair + ['minute_at'],
    indexes=[{'columns': ['changed_in']}],
) }}

{%- set claims_only = reads_claims_only() -%}
{%- set consolidated = ref('int_prices_consolidated') %}

with

{% if claims_only -%}
changed as (

    select distinct
        asset,
        quote,
        {{ bucket_start(60, 'minute_at') }} as hour_at
    from {{ consolidated }}
    where changed_in = any({{ claimed_batches() }})

),

-- what is priced in an asset whose own price in dollars changed, up to an hour after it
touched as (

    select * from changed
    union
    select
        priced.asset,
        priced.quote,
        {{ bucket_start(60, 'priced.minute_at') }} as hour_at
    from changed
    cross join
        lateral (
            select found.*
            from {{ consolidated }} as found
            where
                found.quote = changed.asset
                and found.minute_at >= changed.hour_at
                and found.minute_at < changed.hour_at + interval '2 hours'
            order by found.minute_at
            offset 0
        ) as priced
    where changed.quote = 'USD'

),

{% endif -%}
prices as (

    select * from {{ rows_of(consolidated, pair + ['hour_at'], at='minute_at') }}

),

pegged as (

    select
        prices.*,
        pegs.median as peg,
        pegs.minute_at as peg_minute_at,
        pegs.venues_count as peg_venues_count
    from prices
    left join
        lateral (
            select found.*
            from {{ consolidated }} as found
            where
                found.asset = prices.quote
                and found.quote = 'USD'
                and found.minute_at > prices.minute_at - interval '1 hour'
                and found.minute_at <= prices.minute_at
                and found.median is not null
            order by found.minute_at desc
            limit 1
        ) as pegs
        on prices.median is not null

),

fct_prices as (

    select
        asset,
        quote,
        minute_at,
        vwap,
        median,
        volume_weighted_median,
        venues_count,
        vwap_venues_count,
        dispersion_bps,
        excluded,
        base_volume,
        last_price,
        age_minutes::bigint as age_minutes,
        case when quote = 'USD' then median else {{ fitting('round(median * peg, 18)') }} end
            as price_usd,
        peg,
        peg_minute_at,
        {{ steps_between("'1m'", 'peg_minute_at', 'minute_at') }}::bigint as peg_age_minutes,
        peg_venues_count,
        {{ own_batch() }} as changed_in
    from pegged

)

select * from fct_prices
