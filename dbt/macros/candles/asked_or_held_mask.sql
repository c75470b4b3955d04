{#- The minutes of an accounted hour that were asked for, answered for, or are held. -#}
{% macro asked_or_held_mask(hour) -%}
    (
        {{ hour }}.asked_mask | {{ hour }}.answered_full_mask | {{ hour }}.answered_sparse_mask
        | {{ hour }}.file_missing_mask | {{ hour }}.candle_mask
    )
{%- endmacro %}
