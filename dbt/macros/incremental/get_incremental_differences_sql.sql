{#-
The strategy `differences`: write only rows whose value moved, so that `changed_in` moves
only there and a repeat of known data stops at the first model.

A model with `meta: {unit_of_work: [columns], loses_rows: true}` also loses the rows that
its recomputed units no longer produce; the hook `remember_scope` leaves the units in a
table. A model with `meta: {recomputes: everything}` loses every row that was not produced.

Statistics of the key come first, and nested loops, which `no_nested_loops` switched off:
without either the merge reads the whole target for a few rows.
-#}
{% macro get_incremental_differences_sql(arg_dict) -%}
    {%- set target_relation = arg_dict['target_relation'] -%}
    {%- set produced = arg_dict['temp_relation'] -%}
    {%- set key = arg_dict['unique_key'] -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='name') | list -%}
    {%- set values = columns | reject('in', key + ['changed_in']) | list -%}

    analyze {{ produced }} ({{ key | join(', ') }});
    set local enable_nestloop = on;

    {{ delete_unproduced(target_relation, produced, key) }}

    merge into {{ target_relation }} as stored
    using {{ produced }} as produced
    on
        {%- for column in key %}
        {{ "and " if not loop.first }}stored.{{ column }} = produced.{{ column }}
        {%- endfor %}
    when matched and row({% for column in values %}stored.{{ column }}{{ ", " if not loop.last }}{% endfor %})
        is distinct from row({% for column in values %}produced.{{ column }}{{ ", " if not loop.last }}{% endfor %})
        then update set
        {%- for column in values + ['changed_in'] %}
            {{ column }} = produced.{{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    when not matched
        then insert ({{ columns | join(', ') }})
        values (produced.{{ columns | join(', produced.') }})
{%- endmacro %}
