{#-
The timeframes above a minute, each rolled up from one below it: a changed minute then
reads four weeks of days, not 43,000 minutes. A month has no fixed length. `name` is how
CTEs are called: unquoted, candles_1m and candles_1M are one name.
-#}
{% macro timeframe_ladder() -%}
    {{ return([
        {'timeframe': '5m', 'name': '5m', 'rolled_up_from': '1m', 'minutes_count': 5},
        {'timeframe': '15m', 'name': '15m', 'rolled_up_from': '5m', 'minutes_count': 15},
        {'timeframe': '30m', 'name': '30m', 'rolled_up_from': '15m', 'minutes_count': 30},
        {'timeframe': '1h', 'name': '1h', 'rolled_up_from': '30m', 'minutes_count': 60},
        {'timeframe': '4h', 'name': '4h', 'rolled_up_from': '1h', 'minutes_count': 240},
        {'timeframe': '12h', 'name': '12h', 'rolled_up_from': '4h', 'minutes_count': 720},
        {'timeframe': '1d', 'name': '1d', 'rolled_up_from': '12h', 'minutes_count': 1440},
        {'timeframe': '1w', 'name': '1w', 'rolled_up_from': '1d', 'minutes_count': 10080},
        {'timeframe': '1M', 'name': '1month', 'rolled_up_from': '1d', 'minutes_count': none}
    ]) }}
{%- endmacro %}
