{#- How many bars of a timeframe open from one opening to another. -#}
{% macro steps_between(timeframe, first_at, last_at) -%}
    coalesce(
        date_part('epoch', {{ last_at }} - {{ first_at }})
        / (60 * {{ timeframe_minutes(timeframe) }}),
        12 * (
            date_part('year', {{ last_at }} at time zone 'UTC')
            - date_part('year', {{ first_at }} at time zone 'UTC')
        )
        + date_part('month', {{ last_at }} at time zone 'UTC')
        - date_part('month', {{ first_at }} at time zone 'UTC')
    )::integer
{%- endmacro %}
