{#-
Whether what was published then and received then was loaded as history. Where nobody noted
when it was received, it is if `untold` says so.
-#}
{% macro is_history(published_at, received_at, rules='rules', untold='false') -%}
    coalesce(
        {{ received_at }} > {{ published_at }} + make_interval(hours => {{ rules }}.live_hours::integer),
        {{ untold }}
    )
{%- endmacro %}


{#-
Since when it is known: since it was received; history, since the source's declared delay
after it was published.
-#}
{% macro known_at(published_at, received_at, rules='rules') -%}
    case
        when {{ is_history(published_at, received_at, rules) }}
            then {{ published_at }} + make_interval(mins => {{ rules }}.assumed_delay_minutes::integer)
        else {{ received_at }}
    end
{%- endmacro %}
