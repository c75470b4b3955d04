{#- How many minutes a timeframe has, by its name; none of a month, which has no fixed length. -#}
{% macro timeframe_minutes(timeframe) -%}
    case {{ timeframe }}
        when '1m' then 1
        {%- for step in timeframe_ladder() if step.minutes_count %}
        when '{{ step.timeframe }}' then {{ step.minutes_count }}
        {%- endfor %}
    end
{%- endmacro %}
