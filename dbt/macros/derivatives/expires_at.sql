{#-
When a contract expires: at the time that the seed `expiry_times`, joined as `expiries`, has
for its exchange, on the day in its name. Null of one that does not end.
-#}
{% macro expires_at(symbol) -%}
    (
        to_date(substring({{ symbol }}, '-(\d{6})(?:-|$)'), 'YYMMDD') + expiries.time_of_day
    ) at time zone expiries.time_zone
{%- endmacro %}
