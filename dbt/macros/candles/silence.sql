{#-
When a silence is longer than what a series is used to: the mean time between its last
candles before it, `silence_times` times over. Of a series that trades each minute it is
half an hour; fewer candles than `silence_candles` say nothing of what it is used to.
-#}
{% macro silence_times() -%}
    30
{%- endmacro %}


{#- How many of a series' last candles say what it is used to; at least a tenth of them. -#}
{% macro silence_candles() -%}
    60
{%- endmacro %}
