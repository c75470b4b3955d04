{#-
The whole minute that a settlement was due, by a stamp in milliseconds: venues stamp some
milliseconds off it, and one route of a venue otherwise than another.
-#}
{% macro due_at(stamp_ms) -%}
    to_timestamp(({{ stamp_ms }} + 30000) / 60000 * 60)
{%- endmacro %}
