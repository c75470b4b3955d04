{#- Text without e-mail addresses and handles, which stay in bronze. -#}
{% macro masked(column) -%}
    regexp_replace(
        regexp_replace(
            {{ column }},
            '[[:alnum:]._%+-]+@[[:alnum:]-]+([.][[:alnum:]-]+)+', '[email]', 'g'
        ),
        '(^|[^[:alnum:]_/])(@[[:alnum:]_][[:alnum:]_.-]*|/?u/[[:alnum:]_-]{2,})', '\1[handle]', 'g'
    )
{%- endmacro %}
