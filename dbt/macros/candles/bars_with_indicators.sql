{#-
The bars of a segment of `fct_market_features` with their indicators, for its `from`.
-#}
{% macro bars_with_indicators(segment) -%}
    unnest(
        {%- for name in ['opened_ats', 'closes', 'volumes', 'notionals', 'completes'] %}
        {{ segment }}.{{ name }}[{{ segment }}.from_bar:]{{ "," if not loop.last }}
        {%- endfor %}
    ) with ordinality as bars (opened_at, close, volume, notional, is_complete, place)
    inner join market.indicators(
        {%- for name in [
            'highs', 'lows', 'closes', 'volumes', 'from_bar', 'after_bar', 'state'
        ] %}
        {{ segment }}.{{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    ) as indicators (
        bar, log_return, volatility_20, volatility_60, sma_20, volume_sma_20,
        ema_12, ema_20, ema_26, rsi_14, macd, macd_signal, bollinger_upper, bollinger_lower,
        atr_14, stochastic_k, stochastic_d, average_gain_14, average_loss_14
    )
        on bars.place + {{ segment }}.from_bar - 1 = indicators.bar
{%- endmacro %}


{#-
What a column adds up to since the UTC day began, up to a bar (window `today`): with what
stood at the bar that the segment goes on from. Null from the first bar on that has none.
-#}
{% macro day_sum(column) -%}
    {%- set summed = 'filter (where bars.opened_at >= segments.summed_from) over today' -%}
    case
        when segments.state_at >= date_trunc('day', bars.opened_at, 'UTC')
            then segments.state_{{ column }}
        else 0
    end
    + case
        when count(*) {{ summed }} = count(bars.{{ column }}) {{ summed }}
            then sum(bars.{{ column }}) {{ summed }}
    end
{%- endmacro %}
