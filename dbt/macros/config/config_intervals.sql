{#-
A mart of a config table: the states of its rows over half-open intervals, with who
opened each, by `ops.config_effects`. `columns` are all but the key's. The whole model is

    {{ config(unique_key=['source', 'valid_from'], meta={'recomputes': 'everything'}) }}

    {{ config_intervals(
        ref('stg_config__sources'), 'sources', key=['source'], columns=['pace']
    ) }}
-#}
{% macro config_intervals(changes, name, key, columns) -%}
with

spans as (

    {{ config_spans(changes, key, columns) }}

),

effects as (

    select * from {{ source('ops', 'config_effects') }}

),

intervals as (

    select
        {%- for column in key %}
        spans.{{ column }},
        {%- endfor %}
        spans.valid_from,
        spans.valid_to,
        spans.valid_to is null as is_current,
        {%- for column in columns %}
        spans.{{ column }},
        {%- endfor %}
        spans.op as opened_op,
        spans.lsn as opened_lsn,
        spans.transaction_id as opened_transaction_id,
        effects.login as opened_by_login,
        effects.role as opened_by_role,
        effects.application_name as opened_by_application,
        {{ own_batch() }} as changed_in
    from spans
    left join effects
        on
            effects.table_name = '{{ name }}'
            and spans.row_key = effects.row_key
            and spans.lsn = effects.lsn
            and spans.op = effects.op
            and spans.is_inferred = effects.is_inferred
            and spans.transaction_id is not distinct from effects.transaction_id
            and spans.transaction_position is not distinct from effects.transaction_position

)

select * from intervals
{%- endmacro %}
