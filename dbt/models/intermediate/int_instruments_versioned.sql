{%- set series = ['exchange_id', 'symbol'] -%}
{{ config(
    unique_key=series + ['valid_from'],
    pre_hook="{{ remember_scope(touched_units(
        loads={ref('stg_exchange__instruments'): 'symbol'}
    )) }}",
    meta={'unit_of_work': series, 'loses_rows': true},
    indexes=[
        {'columns': series + ['valid_from'], 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

{%- set state = [
    'venue_symbol', 'market_type', 'base_asset', 'quote_asset', 'venue_base_asset',
    'venue_quote_asset', 'status', 'is_active', 'price_increment', 'amount_increment',
    'min_amount', 'min_notional', 'contract_size', 'launched_at',
] %}

with

listings as (

    select *
    from {{ ref('stg_exchange__instruments') }}
    where {{ loads_to_read('bronze_exchange') }}

),

{% if reads_claims_only() -%}
-- a stored version stands for its first and last reading: history need not be read
-- again unless something older came
stored as (

    select * from {{ rows_of(this, series) }}

),

late as (

    select distinct
        listings.exchange_id,
        listings.symbol
    from listings
    inner join stored
        on
            listings.exchange_id = stored.exchange_id
            and listings.symbol = stored.symbol
            and listings.listed_at <= stored.last_seen_at

),

{% endif -%}
heard as (

    select
        exchange_id,
        symbol,
        listed_at,
        {{ state | join(', ') }}
    from listings
    {%- if reads_claims_only() %}
    {%- for seen_at in ['valid_from', 'last_seen_at'] %}
    union all
    select
        exchange_id,
        symbol,
        {{ seen_at }},
        {{ state | join(', ') }}
    from stored
    where (exchange_id, symbol) not in (
        select
            late.exchange_id,
            late.symbol
        from late
    )
    {%- endfor %}
    union all
    select
        history.exchange_id,
        history.symbol,
        history.listed_at,
        history.{{ state | join(', history.') }}
    from late
    cross join
        lateral (
            select older.*
            from {{ ref('stg_exchange__instruments') }} as older
            where
                older.exchange_id = late.exchange_id
                and older.symbol = late.symbol
                and older.load_id in ({{ finished_loads('bronze_exchange') }})
            order by older.listed_at
            offset 0
        ) as history
    {%- endif %}

),

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
        exchange_id asc,
        symbol asc,
        listed_at asc,
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
