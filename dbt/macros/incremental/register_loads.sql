{#-
Note the finished loads of every bronze schema as batches; claims come after, on other
connections, so it commits. Idempotent.
-#}
{% macro register_loads() -%}
    {%- set schemas = [] -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- for source in graph.sources.values() if source.schema.startswith('bronze_') -%}
            {%- do schemas.append(source.schema) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- for schema in schemas | unique | sort %}
    select ops.register_loads('{{ schema }}');
    {%- else %}
    select 1;
    {%- endfor %}
    commit
{%- endmacro %}
