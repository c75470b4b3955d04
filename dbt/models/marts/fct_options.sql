{%- set quote = ['exchange_id', 'symbol', 'quoted_at_ms'] -%}
{%- set keys = quote | join(', ') -%}
{%- set answers = ref('stg_exchange__option_quotes') -%}
{%- set summaries, files = ref('stg_archive__option_summaries'), ref('stg_archive__files') -%}
{%- set sent = [
    'bid', 'bid_amount', 'ask', 'ask_amount', 'mark_price', 'last_price',
    'bid_iv', 'ask_iv', 'mark_iv', 'delta', 'gamma', 'vega', 'theta', 'rho',
    'underlying_price', 'index_price', 'interest_rate', 'open_interest', 'base_volume',
] -%}
{#- what an hour's summary has under another name, or has not -#}
{%- set summarised = {
    'last_price': 'nullif(close, 0) as last_price',
    'rho': 'null::numeric as rho',
    'underlying_price': 'null::numeric as underlying_price',
    'index_price': 'null::numeric as index_price',
    'interest_rate': 'null::numeric as interest_rate',
    'base_volume': 'null::numeric as base_volume',
} -%}
{{ config(
    unique_key=['exchange_id', 'symbol', 'quoted_at'],
    meta={'lookups': ['expiry_times'], 'distribution_key': 'symbol'},
    indexes=[{'columns': ['changed_in']}],
) }}

with

touched as (

    {{ touched_units(quote, loads={answers: 'quoted_at_ms', summaries: 'quoted_at_ms'}) }}
    union
    select distinct
        exchange_id,
        symbol,
        quoted_at_ms
    from (
        {{ rows_of_other_versions_sql(summaries, files, 'option_summaries') }}
    ) as other_versions

),

-- the archive's quotes are of the hour that ends
readings as (

    select
        exchange_id,
        symbol,
        quoted_at_ms,
        {%- for column in sent %}
        {{ column }},
        {%- endfor %}
        underlying_index,
        'rest' as source,
        1 as source_rank,
        venue_now_ms,
        request_id as reading_id
    from {{ rows_of(answers, quote) }}
    where load_id in ({{ finished_loads('bronze_exchange') }})
    union all
    select
        exchange_id,
        symbol,
        quoted_at_ms,
        {%- for column in sent %}
        {{ summarised.get(column, column) }},
        {%- endfor %}
        null as underlying_index,
        'archive' as source,
        case when is_sealing then 2 else 0 end as source_rank,
        case when is_sealing then published_at_ms else 0 end as venue_now_ms,
        file_id as reading_id
    from (
        {{ file_readings_sql(rows_of(summaries, quote), files) }}
    ) as archived

),

-- one with greeks says more; then by what they say, and never by which came first
chosen as (

    select distinct on ({{ keys }}) *
    from readings
    order by
        {{ keys }},
        source_rank desc,
        (delta is null) asc,
        venue_now_ms desc,
        {%- for column in sent %}
        {{ column }} desc nulls last,
        {%- endfor %}
        underlying_index collate "C" desc nulls last,
        reading_id collate "C" desc

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
        to_timestamp(quoted_at_ms / 1000.0) as quoted_at,
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
        (
            case source when 'rest' then greatest(venue_now_ms - quoted_at_ms, 0) / 1000.0 end
        )::numeric(38, 18) as age_seconds,
        reading_id,
        source,
        {{ own_batch() }} as changed_in
    from termed

)

select * from options
