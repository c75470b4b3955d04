{#- Delete what the recomputed scopes hold and did not produce this time. -#}
{% macro delete_unproduced(target_relation, produced, key) -%}
    {%- set scope = config.get('meta', {}).get('scope') -%}
    {%- set everything = config.get('meta', {}).get('recomputes') == 'everything' -%}
    {%- if scope or everything -%}
    delete from {{ target_relation }} as stored
    {%- if scope %}
    using {{ claimed_scope() }} as scope
    {%- endif %}
    where
        {%- for column in scope or [] %}
        stored.{{ column }} = scope.{{ column }}
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
