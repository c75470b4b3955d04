{%- set quote = ['exchange_id', 'symbol', 'quoted_at_ms'] -%}
{%- set keys = quote | join(', ') -%}
{%- set sent = [
    'bid', 'bid_amount', 'ask', 'ask_amount', 'mark_price', 'last_price',
    'bid_iv', 'ask_iv', 'mark_iv', 'delta', 'gamma', 'vega', 'theta', 'rho',
    'underlying_price', 'index_price', 'interest_rate', 'open_interest', 'base_volume',
] -%}
{{ config(
    unique_key=['exchange_id', 'symbol', 'quoted_at'],
    meta={'lookups': ['expiry_times'], 'distribution_key': 'symbol'},
    indexes=[{'columns': ['changed_in']}],
) }}

with

touched as (

    {{ touched_units(quote, loads={ref('stg_exchange__option_quotes'): 'quoted_at_ms'}) }}

),

readings as (

    select *
    from {{ rows_of(ref('stg_exchange__option_quotes'), quote) }}
    where load_id in ({{ finished_loads('bronze_exchange') }})

),

-- one with greeks says more; then by what they say, and never by which came first
chosen as (

    select distinct on ({{ keys }}) *
    from readings
    order by
        {{ keys }},
        (delta is null) asc,
        venue_now_ms desc,
        {%- for column in sent %}
        {{ column }} desc nulls last,
        {%- endfor %}
        underlying_index collate "C" desc nulls last,
        request_id collate "C" desc

),

termed as (

    select
        chosen.*,
        split_part(chosen.symbol, ':', 2) as terms,
        {{ expires_at('chosen.symbol') }} as expires_at,
        expiries.exchange_id is not null
        and chosen.symbol ~ '^[^/:]+/[^/:]+:[^-]+-[0-9]{6}-[0-9]+([.][0-9]+)?-[CP]$'
            as has_terms
    from chosen
    left join {{ ref('expiry_times') }} as expiries
        on chosen.exchange_id = expiries.exchange_id

),

-- of no bid some send 0
options as (

    select
        exchange_id,
        symbol,
        quoted_at,
        split_part(symbol, '/', 1) as underlying,
        split_part(terms, '-', 1) as settle_asset,
        case when has_terms then expires_at end as expires_at,
        (case when has_terms then split_part(terms, '-', 3) end)::numeric(38, 18) as strike,
        case when has_terms then case right(terms, 1) when 'C' then 'call' else 'put' end end
            as option_type,
        nullif(bid, 0)::numeric(38, 18) as bid,
        nullif(bid_amount, 0)::numeric(38, 18) as bid_amount,
        nullif(ask, 0)::numeric(38, 18) as ask,
        nullif(ask_amount, 0)::numeric(38, 18) as ask_amount,
        mark_price::numeric(38, 18) as mark_price,
        last_price::numeric(38, 18) as last_price,
        nullif(bid_iv, 0)::numeric(38, 18) as bid_iv,
        nullif(ask_iv, 0)::numeric(38, 18) as ask_iv,
        mark_iv::numeric(38, 18) as mark_iv,
        delta::numeric(38, 18) as delta,
        gamma::numeric(38, 18) as gamma,
        vega::numeric(38, 18) as vega,
        theta::numeric(38, 18) as theta,
        rho::numeric(38, 18) as rho,
        underlying_index::text as underlying_index,
        underlying_price::numeric(38, 18) as underlying_price,
        index_price::numeric(38, 18) as index_price,
        interest_rate::numeric(38, 18) as interest_rate,
        open_interest::numeric(38, 18) as open_interest,
        base_volume::numeric(38, 18) as base_volume,
        (greatest(venue_now_ms - quoted_at_ms, 0) / 1000.0)::numeric(38, 18) as age_seconds,
        request_id as reading_id,
        {{ own_batch() }} as changed_in
    from termed

)

select * from options
