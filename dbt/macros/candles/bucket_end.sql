{#- Where the bucket that starts at a time ends; exclusive. -#}
{% macro bucket_end(minutes_count, started_at) -%}
    {%- if minutes_count -%}
    {{ started_at }} + interval '{{ minutes_count }} minutes'
    {%- else -%}
    ({{ started_at }} at time zone 'UTC' + interval '1 month') at time zone 'UTC'
    {%- endif -%}
{%- endmacro %}
