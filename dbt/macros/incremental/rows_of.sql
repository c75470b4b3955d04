{#-
The rows of a relation that a run reads: all of them, or those of the units of work that
its claims touch. A unit is a list of columns, as [exchange_id, symbol, hour_at]; the last
is where it starts: a date for a day, `hour_at` for an hour, any other for a minute. The
CTE `touched` names the units, or the table that `remember_scope` made.

`at` is the relation's own time, in the unit; without it the relation has the unit's
columns. An end, `…_until_ms`, is exclusive: what ends with an hour is of that hour. `timeframe` is that of the rows that are read, where an index has it before the
time. One index look-up a unit: without `offset 0` it becomes a join over all history.
-#}
{% macro rows_of(relation, unit, at=none, timeframe=none) -%}
    {%- if not reads_claims_only() -%}
        {{ return(relation) }}
    {%- endif -%}
    {%- set start = unit[-1] -%}
    {%- set at = at or start -%}
    (
        select history.*
        from {{ claimed_scope() }} as units
        cross join
            lateral (
                select found.*
                from {{ relation }} as found
                where
                    {%- for column in unit[:-1] %}
                    found.{{ column }} = units.{{ column }}
                    and
                    {%- endfor %}
                    {%- if timeframe %}
                    found.timeframe = '{{ timeframe }}'
                    and
                    {%- endif %}
                    {%- if at == start %}
                    found.{{ at }} = units.{{ start }}
                    {%- elif at == start ~ '_ms' %}
                    found.{{ at }} = {{ epoch_ms('units.' ~ start) }}
                    {%- else %}
                    found.{{ at }} >= {{ unit_bound(start, at) }}
                    and found.{{ at }} < {{ unit_bound(start, at, unit_minutes(start)) }}
                    {%- endif %}
                order by found.{{ at }}
                offset 0
            ) as history
    )
{%- endmacro %}


{#- How many minutes a unit has, by the name of the column that it starts at. -#}
{% macro unit_minutes(start) -%}
    {{ return(1440 if start.endswith('_date') else {'hour_at': 60}.get(start, 1)) }}
{%- endmacro %}


{#- So many minutes after a unit's start, as `at` tells time: a stamp by its name, or a time. -#}
{% macro unit_bound(start, at, minutes_count=0) -%}
    {%- set bound = 'units.' ~ start -%}
    {%- if start.endswith('_date') -%}
        {%- set bound = bound ~ "::timestamp at time zone 'UTC'" -%}
    {%- endif -%}
    {%- if at.endswith('_ns') -%}
    {{ epoch_ms(bound) }} * 1000000 + {{ minutes_count * 60000000000 }}
    {%- elif at.endswith('_ms') -%}
    {{ epoch_ms(bound) }} + {{ minutes_count * 60000 + (1 if at.endswith('_until_ms') else 0) }}
    {%- elif minutes_count -%}
    {{ bound }} + interval '{{ minutes_count }} minutes'
    {%- else -%}
    {{ bound }}
    {%- endif -%}
{%- endmacro %}
