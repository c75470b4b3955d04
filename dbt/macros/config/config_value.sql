{#-
A column's value of a row's image, typed. `json`, not `jsonb`: it leaves numbers that
another column may have out of Postgres's bounds as they are.
-#}
{% macro config_value(image, column, data_type) -%}
    {%- if data_type.endswith('[]') -%}
    case
        when json_typeof({{ image }} -> '{{ column }}') = 'array'
            then
                array(
                    select elements.element::{{ data_type[:-2] }}
                    from
                        json_array_elements_text({{ image }} -> '{{ column }}')
                        with ordinality as elements (element, number)
                    order by elements.number
                )
    end
    {%- else -%}
    ({{ image }} ->> '{{ column }}')::{{ data_type }}
    {%- endif -%}
{%- endmacro %}
