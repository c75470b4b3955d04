{%- set hour = ['exchange_id', 'symbol', 'hour_at'] -%}
{%- set marks, prices = ref('int_marks_chosen'), ref('int_prices_consolidated') -%}
{%- set settlements = ref('fct_funding') -%}
{%- set longest = "interval '" ~ longest_funding_minutes() ~ " minutes'" -%}
{{ config(
    unique_key=['exchange_id', 'symbol', 'minute_at'],
    meta={'lookups': ['expiry_times'], 'distribution_key': 'symbol'},
    indexes=[{'columns': ['changed_in']}],
) }}

with

changed_prices as (

    {{ touched_units(['asset', 'quote', 'hour_at'], batches={prices: 'minute_at'}) }}

),

changed_settlements as (

    select
        exchange_id,
        symbol,
        due_at
    from {{ settlements }}
    where changed_in = any({{ claimed_batches() }})

),

-- a settlement is the newest one for the longest interval at most, and a minute is marked
-- at its end
touched as (

    {{ touched_units(hour, batches={marks: 'minute_at'}) }}
    union
    select
        contracts.exchange_id,
        contracts.symbol,
        {{ bucket_start(60, 'contracts.minute_at') }} as hour_at
    from changed_prices
    cross join
        lateral (
            select found.*
            from {{ marks }} as found
            where
                found.base_asset = changed_prices.asset
                and found.quote_asset = changed_prices.quote
                and found.spot_minute_at >= changed_prices.hour_at
                and found.spot_minute_at < changed_prices.hour_at + interval '1 hour'
            order by found.spot_minute_at
            offset 0
        ) as contracts
    union
    select
        changed_settlements.exchange_id,
        changed_settlements.symbol,
        hours.hour_at
    from changed_settlements
    cross join
        lateral generate_series(
            {{ bucket_start(60, "changed_settlements.due_at - interval '1 minute'") }},
            changed_settlements.due_at + {{ longest }},
            interval '1 hour'
        ) as hours (hour_at)

),

marked as (

    select * from {{ rows_of(marks, hour, at='minute_at') }}

),

termed as (

    select
        marked.*,
        case when marked.symbol like '%:%-%' then 'dated' else 'perpetual' end as contract_type,
        {{ expires_at('marked.symbol') }} as expires_at,
        {{ ratio('marked.mark_price - marked.index_price', 'marked.index_price') }}
            as index_basis
    from marked
    left join {{ ref('expiry_times') }} as expiries
        on marked.exchange_id = expiries.exchange_id

),

compared as (

    select
        termed.*,
        spots.minute_at is not null as has_spot,
        spots.median as spot_price,
        spots.venues_count as spot_venues_count,
        funding.due_at as funding_due_at,
        funding.rate as funding_rate,
        funding.annualised_rate as funding_annualised_rate,
        {{ ratio('termed.mark_price - spots.median', 'spots.median') }} as spot_basis,
        case
            when termed.marked_at < termed.expires_at
                then extract(epoch from termed.expires_at - termed.marked_at)
        end as seconds_left
    from termed
    left join {{ prices }} as spots
        on
            termed.base_asset = spots.asset
            and termed.quote_asset = spots.quote
            and termed.spot_minute_at = spots.minute_at
    left join
        lateral (
            select found.*
            from {{ settlements }} as found
            where
                found.exchange_id = termed.exchange_id
                and found.symbol = termed.symbol
                and found.due_at > termed.marked_at - {{ longest }}
                and found.due_at <= termed.marked_at
            order by found.due_at desc
            limit 1
        ) as funding
        on termed.contract_type = 'perpetual'

),

annualised as (

    select
        *,
        case
            when contract_type = 'perpetual' then funding_annualised_rate
            else {{ fitting('round(index_basis * 31536000 / seconds_left, 18)') }}
        end as annualised_rate,
        case
            when contract_type = 'dated'
                then {{ fitting('round(spot_basis * 31536000 / seconds_left, 18)') }}
        end as annualised_spot_rate
    from compared

),

basis as (

    select
        exchange_id,
        symbol,
        minute_at,
        contract_type,
        marked_at,
        mark_price,
        mark_source,
        mark_reading_id,
        index_price,
        index_source,
        index_reading_id,
        case when index_price is null then 'no reading of that instant' end
            as index_missing_for,
        {{ fitting('round(10000 * index_basis, 18)') }} as index_basis_bps,
        premium_index,
        premium_source,
        premium_reading_id,
        spot_minute_at,
        spot_price,
        case when spot_price is not null then spot_venues_count end as spot_venues_count,
        case
            when spot_price is not null then null
            when has_spot then 'no venue that counts traded'
            else 'no price of the pair'
        end as spot_missing_for,
        {{ fitting('round(10000 * spot_basis, 18)') }} as spot_basis_bps,
        expires_at,
        funding_due_at,
        funding_rate,
        annualised_rate,
        annualised_spot_rate::numeric(38, 18) as annualised_spot_rate,
        case
            when annualised_rate is not null then null
            when contract_type = 'perpetual' and funding_due_at is null
                then 'no settlement in eight hours'
            when contract_type = 'perpetual' then 'no interval of the settlement'
            when expires_at is null then 'no time of expiry'
            when seconds_left is null then 'expired'
            when index_price is null then 'no index'
            else 'beyond its column'
        end as annualised_missing_for,
        evidence_grade,
        is_contradicted,
        {{ own_batch() }} as changed_in
    from annualised

)

select * from basis
