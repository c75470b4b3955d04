{#- Minutes of an unasked mask that were not asked for, are not held or proven since. -#}
{% macro still_unasked_mask(mask, hour) -%}
    {{ mask }} & ~coalesce({{ asked_or_held_mask(hour) }} | {{ hour }}.proven_mask, 0)
{%- endmacro %}
