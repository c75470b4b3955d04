{#-
Whether a run computes from its claims alone: false on a rebuild, and false where more
than `backlog_rows` wait and they are more than half of what there is. Measured on 0.3
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
                waiting <= var('backlog_rows') or waiting * 2 <= rebuilt_rows(),
        }) -%}
    {%- endif -%}
    {{ return(model.reads_claims_only) }}
{%- endmacro %}


{#-
How many rows a rebuild goes through, as Postgres last estimated it: those of the model or of a
model that drives it, whichever has more. A list of what is odd has a row for thousands read.
-#}
{% macro rebuilt_rows() -%}
    {%- set relations = [this] -%}
    {%- for feed, tables in driving_feeds(model).items() if not tables -%}
        {%- do relations.append(feed_relation(feed)) -%}
    {%- endfor -%}
    {%- set estimate -%}
        select max(reltuples)::bigint
        from pg_catalog.pg_class
        where oid in ('{{ relations | join("'::regclass, '") }}'::regclass)
    {%- endset -%}
    {{ return(run_query(estimate).columns[0].values()[0]) }}
{%- endmacro %}
