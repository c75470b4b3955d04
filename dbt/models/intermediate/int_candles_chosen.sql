{{ config(
    unique_key=['exchange_id', 'symbol', 'opened_at'],
    indexes=[
        {'columns': ['exchange_id', 'symbol', 'opened_at'], 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

{%- set keys = ['exchange_id', 'symbol', 'opened_at'] -%}
{%- set filled = [
    'base_volume', 'quote_volume', 'trades_count', 'taker_buy_base', 'taker_buy_quote',
] -%}
{%- set products = ['quote_volume', 'taker_buy_quote'] -%}
{%- set inputs = {
    'graded': ref('int_candles_graded'),
    'rebuilt': ref('int_candles_rebuilt'),
    'proofs': ref('fct_candle_proofs'),
} %}

with

touched as (

    {{ touched_units(keys, batches={
        inputs.graded: 'opened_at',
        inputs.rebuilt: 'opened_at',
        inputs.proofs: 'opened_at',
    }) }}

),

{% for name, relation in inputs.items() -%}
{{ name }} as (

    select * from {{ rows_of(relation, keys) }}

),

{% endfor -%}
-- at equal grade the venue's own candle stands
compared as (

    select
        coalesce(graded.exchange_id, rebuilt.exchange_id) as exchange_id,
        coalesce(graded.symbol, rebuilt.symbol) as symbol,
        coalesce(graded.opened_at, rebuilt.opened_at) as opened_at,
        coalesce(
            {{ evidence_rank('rebuilt.evidence_grade') }}
            > {{ evidence_rank('graded.evidence_grade') }},
            graded.symbol is null
        ) as is_rebuilt,
        {%- for column in candle_values() %}
        graded.{{ column }} as venues_{{ column }},
        {{
            "null::numeric" if column == "vwap"
            else fitting("rebuilt." ~ column) if column in products
            else "rebuilt." ~ column
        }} as rebuilt_{{ column }},
        {%- endfor %}
        graded.evidence_grade as venues_evidence_grade,
        rebuilt.evidence_grade as rebuilt_evidence_grade,
        graded.source as venues_source,
        graded.reading_id as venues_reading_id,
        {{ trades_reading_id('rebuilt') }} as rebuilt_reading_id,
        graded.venue_now_ms as venues_now_ms,
        rebuilt.venue_now_ms as rebuilt_now_ms
    from graded
    full join rebuilt
        on
            graded.exchange_id = rebuilt.exchange_id
            and graded.symbol = rebuilt.symbol
            and graded.opened_at = rebuilt.opened_at

),

proved as (

    select
        compared.*,
        coalesce(proofs.proof = 'proven complete', false) as is_proven_complete
    from compared
    left join proofs
        on
            compared.exchange_id = proofs.exchange_id
            and compared.symbol = proofs.symbol
            and compared.opened_at = proofs.opened_at

),

chosen as (

    select
        {{ keys | join(',\n        ') }},
        {%- for column in candle_values() %}
        case
            when is_rebuilt then rebuilt_{{ column }}
            {%- if column in filled %}
            when is_proven_complete then coalesce(venues_{{ column }}, rebuilt_{{ column }})
            {%- endif %}
            else venues_{{ column }}
        end::{{ 'bigint' if column == 'trades_count' else 'numeric(38, 18)' }} as {{ column }},
        {%- endfor %}
        case when is_rebuilt then rebuilt_evidence_grade else venues_evidence_grade end
            as evidence_grade,
        case when is_rebuilt then 'trades' else venues_source end as source,
        not is_rebuilt
        and is_proven_complete
        and (
            {%- for column in filled %}
            {{ "or " if not loop.first -}}
            (venues_{{ column }} is null and rebuilt_{{ column }} is not null)
            {%- endfor %}
        ) as is_filled_from_trades,
        case when is_rebuilt then rebuilt_reading_id else venues_reading_id end as reading_id,
        case when is_rebuilt then rebuilt_now_ms else venues_now_ms end as venue_now_ms,
        {{ own_batch() }} as changed_in
    from proved

)

select * from chosen
