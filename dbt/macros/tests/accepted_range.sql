{#- An expression stays within bounds, both inclusive; a null is no violation. -#}
{% test accepted_range(model, expression, at_least=none, at_most=none) -%}
    select *
    from {{ model }}
    where
        false
        {%- if at_least is not none %}
        or {{ expression }} < {{ at_least }}
        {%- endif %}
        {%- if at_most is not none %}
        or {{ expression }} > {{ at_most }}
        {%- endif %}
{%- endtest %}
