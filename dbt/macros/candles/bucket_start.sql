{#-
Where the bucket of a time starts. Counted from a Monday 00:00 UTC, so weeks start on
Mondays and everything shorter is aligned to the UTC day; no session setting matters.
-#}
{% macro bucket_start(minutes_count, at) -%}
    {%- if minutes_count -%}
    date_bin('{{ minutes_count }} minutes', {{ at }}, '1970-01-05 00:00+00'::timestamptz)
    {%- else -%}
    date_trunc('month', {{ at }}, 'UTC')
    {%- endif -%}
{%- endmacro %}
