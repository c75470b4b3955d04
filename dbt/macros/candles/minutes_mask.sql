{#-
The whole minutes of an hour that a half-open span covers, as bits: minute 0 is the
lowest. Hour and span are stamps in milliseconds; an empty span gives 0.
-#}
{% macro minutes_mask(hour_ms, from_ms, until_ms) -%}
    greatest(
        0,
        (1::bigint << least(60, greatest(0, ({{ until_ms }} - {{ hour_ms }}) / 60000))::integer)
        - (
            1::bigint
            << least(60, greatest(0, ({{ from_ms }} - {{ hour_ms }} + 59999) / 60000))::integer
        )
    )
{%- endmacro %}
