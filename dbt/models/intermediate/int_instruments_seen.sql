{%- set route = ['exchange_id', 'symbol', 'origin'] -%}
{{ config(
    unique_key=route,
    indexes=[
        {'columns': route, 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

with

listings as (

    select * from {{ ref('stg_exchange__instruments') }}
    where {{ loads_to_read('bronze_exchange') }}

),

heard as (

    select
        exchange_id,
        symbol,
        origin,
        listed_at as first_seen_at,
        listed_at as last_seen_at,
        case when is_active then listed_at end as last_active_at
    from listings
    {%- if reads_claims_only() %}
    union all
    select
        exchange_id,
        symbol,
        origin,
        first_seen_at,
        last_seen_at,
        last_active_at
    from {{ this }}
    {%- endif %}

),

seen as (

    select
        exchange_id,
        symbol,
        origin,
        min(first_seen_at) as first_seen_at,
        max(last_seen_at) as last_seen_at,
        max(last_active_at) as last_active_at,
        {{ own_batch() }} as changed_in
    from heard
    group by
        exchange_id,
        symbol,
        origin

)

select * from seen
