{{ config(materialized='view') }}

with

exchanges as (

    {{ config_spans(
        ref('stg_config__exchanges'),
        key=['exchange_id'],
        columns=['is_enabled', 'market_types'],
    ) }}

),

instruments as (

    {{ config_spans(
        ref('stg_config__instruments'),
        key=['exchange_id', 'symbol'],
        columns=['is_enabled', 'feeds', 'since'],
    ) }}

),

choices as (

    select
        exchange_id,
        null as pattern,
        valid_from,
        valid_to,
        is_enabled as is_wanted,
        market_types,
        null::timestamptz as since_at
    from exchanges
    union all
    select
        exchange_id,
        symbol as pattern,
        valid_from,
        valid_to,
        is_enabled and 'candles' = any(feeds) as is_wanted,
        null as market_types,
        case when pg_input_is_valid(since, 'timestamptz') then since::timestamptz end as since_at
    from instruments

)

select * from choices
