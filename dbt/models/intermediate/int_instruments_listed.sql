{{ config(materialized='view') }}

{%- set instrument = ['exchange_id', 'symbol'] %}

with

seen as (

    select * from {{ ref('int_instruments_seen') }}

),

firsts as (

    select distinct on (exchange_id, symbol) *
    from seen
    order by
        exchange_id,
        symbol,
        first_seen_at,
        origin

),

lasts as (

    select distinct on (exchange_id, symbol)
        *,
        max(last_active_at) over (partition by exchange_id, symbol) as active_at
    from seen
    order by
        exchange_id asc,
        symbol asc,
        last_seen_at desc,
        origin asc

),

-- that one listing leaves an instrument out is not enough: it takes two
listed as (

    select
        firsts.exchange_id,
        firsts.symbol,
        firsts.first_seen_at,
        earliest.listed_at < firsts.first_seen_at as has_arrived,
        lasts.active_at as last_active_at,
        case when again.listed_at is not null then without_it.listed_at end as lacked_at
    from firsts
    inner join lasts
        on
            {{ same_key('firsts', 'lasts', instrument) }}
    {% for name, route, before in [
        ('earliest', 'firsts', none),
        ('without_it', 'lasts', 'lasts.last_seen_at'),
        ('again', 'lasts', 'without_it.listed_at'),
    ] -%}
    cross join
        lateral (
            select min(whole.listed_at) as listed_at
            from {{ ref('int_listings_whole') }} as whole
            where
                whole.exchange_id = {{ route }}.exchange_id
                and whole.origin = {{ route }}.origin
                {%- if before %}
                and whole.listed_at > {{ before }}
                {%- endif %}
        ) as {{ name }}
    {% endfor %}
)

select * from listed
