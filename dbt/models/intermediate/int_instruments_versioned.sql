{{ config(
    unique_key=['exchange_id', 'symbol', 'valid_from'],
    pre_hook="{{ remember_scope(changed_instruments_sql()) }}",
    meta={'scope': ['exchange_id', 'symbol']},
    indexes=[
        {'columns': ['exchange_id', 'symbol', 'valid_from'], 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

{%- set state = [
    'venue_symbol', 'market_type', 'base_asset', 'quote_asset', 'venue_base_asset',
    'venue_quote_asset', 'status', 'is_active', 'price_increment', 'amount_increment',
    'min_amount', 'min_notional',
] -%}
{%- set claims_only = reads_claims_only() %}

with

listings as (

    select *
    from {{ ref('stg_exchange__instruments') }}
    where load_id in ({{ finished_loads('bronze_exchange') }})

),

{% if claims_only -%}
claimed_listings as (

    select *
    from {{ ref('stg_exchange__instruments') }}
    where load_id = any({{ claimed_loads() }})

),

stored as (

    select this_table.*
    from {{ this }} as this_table
    inner join {{ claimed_scope() }} as scope
        on
            this_table.exchange_id = scope.exchange_id
            and this_table.symbol = scope.symbol

),

last_seen as (

    select
        exchange_id,
        symbol,
        max(last_seen_at) as last_seen_at
    from stored
    group by
        exchange_id,
        symbol

),

late as (

    select distinct
        claimed_listings.exchange_id,
        claimed_listings.symbol
    from claimed_listings
    inner join last_seen
        on
            claimed_listings.exchange_id = last_seen.exchange_id
            and claimed_listings.symbol = last_seen.symbol
    where claimed_listings.listed_at <= last_seen.last_seen_at

),

-- a stored version stands for its first and last reading: history need not be read
-- again unless something older came
heard as (

    select
        exchange_id,
        symbol,
        listed_at,
        {{ state | join(', ') }}
    from claimed_listings
    union all
    select
        exchange_id,
        symbol,
        valid_from,
        {{ state | join(', ') }}
    from stored
    where (exchange_id, symbol) not in (select
        late.exchange_id,
        late.symbol
    from late)
    union all
    select
        exchange_id,
        symbol,
        last_seen_at,
        {{ state | join(', ') }}
    from stored
    where (exchange_id, symbol) not in (select
        late.exchange_id,
        late.symbol
    from late)
    union all
    select
        listings.exchange_id,
        listings.symbol,
        listings.listed_at,
        listings.{{ state | join(', listings.') }}
    from late
    cross join lateral (
        select history.*
        from listings as history
        where
            history.exchange_id = late.exchange_id
            and history.symbol = late.symbol
        order by history.listed_at
        offset 0
    ) as listings

),
{%- else -%}
heard as (

    select * from listings

),
{%- endif %}

-- one reading a venue's stamp: the higher values win, never the order of arrival
readings as (

    select distinct on (exchange_id, symbol, listed_at)
        exchange_id,
        symbol,
        listed_at,
        {{ state | join(', ') }},
        ({{ state | join(', ') }})::text as state
    from heard
    order by
        exchange_id,
        symbol,
        listed_at,
        {{ state | join(' desc nulls last, ') }} desc nulls last

),

compared as (

    select
        *,
        lag(state) over (
            partition by exchange_id, symbol
            order by listed_at
        ) as last_state
    from readings

),

numbered as (

    select
        *,
        count(*) filter (where last_state is null or state != last_state) over (
            partition by exchange_id, symbol
            order by listed_at
        ) as version_number
    from compared

),

versions as (

    select
        exchange_id,
        symbol,
        version_number,
        min(listed_at) as valid_from,
        max(listed_at) as last_seen_at,
        {{ state | join(', ') }}
    from numbered
    group by
        exchange_id,
        symbol,
        version_number,
        {{ state | join(', ') }}

),

versioned as (

    select
        exchange_id,
        symbol,
        valid_from,
        lead(valid_from) over (
            partition by exchange_id, symbol
            order by valid_from
        ) as valid_to,
        last_seen_at,
        {{ state | join(', ') }},
        {{ own_batch() }} as changed_in
    from versions

)

select * from versioned
