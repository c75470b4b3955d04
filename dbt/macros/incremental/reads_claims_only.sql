{#-
Whether a run computes from its claims alone: false on a rebuild, and false where more
than `backlog_rows` wait and they are more than half of what is stored. Measured on 0.3
of 0.9 million candles: 39 us a claimed row by one lookup per key, 21 us a row of the
whole table by a rebuild's plan. Both ways give the same rows. A model asks many times:
`model`, which lives as long as its text is rendered, keeps the answer.
-#}
{% macro reads_claims_only() -%}
    {%- if not is_incremental() -%}
        {{ return(false) }}
    {%- endif -%}
    {%- if not execute or flags.WHICH not in ('run', 'build') -%}
        {{ return(true) }}
    {%- endif -%}
    {%- if 'reads_claims_only' not in model -%}
        {%- set waiting = waiting_rows() -%}
        {%- do model.update({
            'reads_claims_only':
                waiting <= var('backlog_rows') or waiting * 2 <= stored_rows(),
        }) -%}
    {%- endif -%}
    {{ return(model.reads_claims_only) }}
{%- endmacro %}


{#- How many rows the model has, as Postgres last estimated it. -#}
{% macro stored_rows() -%}
    {%- set estimate -%}
        select reltuples::bigint from pg_catalog.pg_class where oid = '{{ this }}'::regclass
    {%- endset -%}
    {{ return(run_query(estimate).columns[0].values()[0]) }}
{%- endmacro %}
