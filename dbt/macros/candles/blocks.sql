{#-
Where the block of bars starts that a time lies in. A block has at most 1,440 bars: as many
days as its timeframe has minutes, and of months 43,200 days. It begins with a UTC day.
-#}
{% macro block_start(timeframe, at) -%}
    date_bin({{ block_length(timeframe) }}, {{ at }}, '1970-01-05 00:00+00'::timestamptz)
{%- endmacro %}


{% macro block_length(timeframe) -%}
    make_interval(days => coalesce({{ timeframe_minutes(timeframe) }}, 43200))
{%- endmacro %}
