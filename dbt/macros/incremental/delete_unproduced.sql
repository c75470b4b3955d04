{#- Delete what the recomputed units hold and did not produce this time. -#}
{% macro delete_unproduced(target_relation, produced, key) -%}
    {%- set meta = config.get('meta', {}) -%}
    {%- if meta.get('loses_rows') or meta.get('recomputes') == 'everything' -%}
    delete from {{ target_relation }} as stored
    {%- if meta.get('loses_rows') %}
    using {{ claimed_scope() }} as units
    {%- endif %}
    where
        {%- for column in meta.get('unit_of_work', []) %}
        stored.{{ column }} = units.{{ column }}
        and
        {%- endfor %}
        not exists (
            select 1
            from {{ produced }} as produced
            where
                {%- for column in key %}
                {{ "and " if not loop.first }}stored.{{ column }} = produced.{{ column }}
                {%- endfor %}
        );
    {%- endif -%}
{%- endmacro %}
