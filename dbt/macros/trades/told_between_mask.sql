{#-
Which minutes of an answered hour lie between two traded ones and are told of, as bits;
`answered` is a row of int_trades_answered, `traded` one of int_candles_rebuilt.
-#}
{% macro told_between_mask(answered, traded) -%}
    ({{ answered }}.touched_mask & {{ minutes_mask(
        '(extract(epoch from ' ~ answered ~ '.hour_at) * 1000)::bigint',
        '(extract(epoch from ' ~ traded ~ '.opened_at) * 1000)::bigint + 60000',
        '(extract(epoch from ' ~ traded ~ '.next_opened_at) * 1000)::bigint',
    ) }})
{%- endmacro %}
