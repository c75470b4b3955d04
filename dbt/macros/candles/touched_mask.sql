{#-
The minutes of an hour that a half-open span touches, as bits: minute 0 is the lowest.
-#}
{% macro touched_mask(hour_at, from_at, until_at) -%}
    {{ minutes_mask(
        epoch_ms(hour_at),
        '(floor(extract(epoch from ' ~ from_at ~ ') / 60) * 60000)::bigint',
        '(ceil(extract(epoch from ' ~ until_at ~ ') / 60) * 60000)::bigint',
    ) }}
{%- endmacro %}


{#- Whole milliseconds of a time. -#}
{% macro epoch_ms(at) -%}
    (extract(epoch from {{ at }}) * 1000)::bigint
{%- endmacro %}
