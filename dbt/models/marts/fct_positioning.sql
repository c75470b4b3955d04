{%- set day = ['exchange_id', 'symbol', 'answered_date'] -%}
{%- set keys = 'exchange_id, symbol, observed_at_ms' -%}
{%- set measures = ['top_trader_accounts', 'top_trader_positions', 'global_accounts', 'taker'] -%}
{%- set answers = {
    'top_trader_accounts': ref('stg_exchange__top_trader_accounts'),
    'top_trader_positions': ref('stg_exchange__top_trader_positions'),
    'global_accounts': ref('stg_exchange__global_accounts'),
    'taker': ref('stg_exchange__taker_volumes'),
} -%}
{{ config(
    unique_key=['exchange_id', 'symbol', 'observed_at'],
    meta={'distribution_key': 'symbol'},
    indexes=[{'columns': ['changed_in']}],
) }}

with

affected as (

    {{ touched_metric_days_sql(
        answers.values() | list,
        ref('stg_archive__metrics'),
        ref('stg_archive__files'),
    ) }}

),

-- a file's last stamp of the day before may be of this one
touched as (

    {{ days_around_sql('affected', 1, 0) }}

),

archived as (

    {{ measured_metrics_sql(
        rows_of(ref('stg_archive__metrics'), day, at='stamped_at_ms'),
        ref('stg_archive__files'),
    ) }}

),

-- a venue that sends no ratio of takers sends what they bought and sold
readings as (

    {% for measure, relation in answers.items() -%}
    select
        {{ keys }},
        '{{ measure }}' as measure,
        {% if measure == 'taker' -%}
        coalesce(
            buy_sell_ratio, round(taker_buy_base / nullif(taker_sell_base, 0), 18)
        ) as ratio,
        {%- else -%}
        long_short_ratio as ratio,
        {%- endif %}
        1 as source_rank,
        venue_now_ms
    from {{ rows_of(relation, day, at='observed_at_ms') }} as {{ measure }}_answers
    where load_id in ({{ finished_loads('bronze_exchange') }})
    union all
    {% endfor -%}
    select
        archived.exchange_id,
        archived.symbol,
        archived.observed_at_ms,
        sent.measure,
        sent.ratio,
        case when archived.is_sealing then 2 else 0 end as source_rank,
        case when archived.is_sealing then archived.published_at_ms else 0 end as venue_now_ms
    from archived
    cross join
        lateral (
            values
            {%- for measure in measures %}
            ('{{ measure }}', archived.{{ measure }}_ratio){{ "," if not loop.last }}
            {%- endfor %}
        ) as sent (measure, ratio)

),

compared as (

    select
        *,
        min(ratio) over one_measure != max(ratio) over one_measure as is_contradicted
    from readings
    where ratio is not null
    window one_measure as (partition by {{ keys }}, measure)

),

chosen as (

    select distinct on ({{ keys }}, measure) *
    from compared
    order by
        {{ keys }},
        measure,
        source_rank desc,
        venue_now_ms desc,
        ratio desc

),

positioning as (

    select
        exchange_id,
        symbol,
        to_timestamp(observed_at_ms / 1000.0) as observed_at,
        {%- for measure in measures %}
        (max(ratio) filter (where measure = '{{ measure }}'))::numeric(38, 18)
            as {{ measure }}_ratio,
        {%- endfor %}
        case when min(source_rank) = 2 then 'sealed' else 'closed' end as evidence_grade,
        case
            when count(distinct source_rank = 1) > 1 then 'mixed'
            when min(source_rank) = 1 then 'rest'
            else 'archive'
        end as source,
        bool_or(is_contradicted) as is_contradicted
    from chosen
    group by {{ keys }}

),

affected_positioning as (

    select
        positioning.exchange_id,
        positioning.symbol,
        positioning.observed_at,
        {%- for measure in measures %}
        positioning.{{ measure }}_ratio,
        {%- endfor %}
        positioning.evidence_grade,
        positioning.source,
        positioning.is_contradicted,
        {{ own_batch() }} as changed_in
    from positioning
    {{ of_affected_days('positioning', 'positioning.observed_at') }}

)

select * from affected_positioning
