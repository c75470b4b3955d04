{#-
The units of work that a run's claims touch. `batches` and `loads` map a relation to its
own time in the unit: what claimed batches changed of a model, what claimed loads brought
of a view of bronze. A hook names no unit: it is the model's `meta.unit_of_work`.
-#}
{% macro touched_units(unit=none, batches={}, loads={}) -%}
    {%- if unit is none -%}
        {%- set unit = (config.get('meta') or {}).get('unit_of_work', ['']) -%}
    {%- endif -%}
    {%- set union = joiner('union') -%}
    {%- for drivers, is_claimed in [
        (batches, 'changed_in = any(' ~ claimed_batches() ~ ')'),
        (loads, 'load_id = any(' ~ claimed_loads() ~ ')'),
    ] -%}
    {%- for relation, at in drivers.items() %}
    {{ union() }}
    select distinct
        {%- for column in unit[:-1] %}
        {{ column }},
        {%- endfor %}
        {{ unit_start(unit[-1], at) }} as {{ unit[-1] }}
    from {{ relation }}
    where {{ is_claimed }}
    {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}


{#- Where the unit starts that a time lies in: a time, or a stamp as its name says (`rows_of`). -#}
{% macro unit_start(start, at) -%}
    {%- set stamp = '(' ~ at ~ ' - 1)' if at.endswith('_until_ms') else at -%}
    {%- set time = {
        'ms': 'to_timestamp(' ~ stamp ~ ' / 1000)',
        'ns': 'to_timestamp(' ~ at ~ ' / 1000000000)',
    }.get(at[-2:], at) -%}
    {%- if at == start -%}
    {{ at }}
    {%- elif start.endswith('_date') -%}
    ({{ time }} at time zone 'UTC')::date
    {%- else -%}
    {{ bucket_start(unit_minutes(start), time) }}
    {%- endif -%}
{%- endmacro %}
