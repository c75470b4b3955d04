{#- Why a minute is not proven, as a person would say it; null where nothing is amiss. -#}
{% macro proof_reason() -%}
    {%- set volume -%}
        'volume '
        || coalesce(
            trim_scale(candle_base_volume)::text,
            trim_scale(candle_quote_volume) || ' in the quote'
        )
    {%- endset %}
    case judged_finding
        when 'ids missing'
            then
                {{ counted_trades('lost_trades_count') }} || ' lost: ids '
                || first_trade_id || ' to ' || last_trade_id || ' hold '
                || {{ counted_trades('trades_count') }}
                || case
                    when lost_trades_count > missing_inside_count
                        then ', the candle counts ' || candle_trades_count
                    else ''
                end
        when 'count above'
            then
                {{ counted_trades('lost_trades_count') }} || ' lost: the candle counts '
                || candle_trades_count || ', ' || trades_count || ' held'
        when 'none held'
            then
                coalesce({{ counted_trades('lost_trades_count') }} || ' lost', 'trades lost')
                || ': the candle has '
                || coalesce(
                    {{ counted_trades('candle_trades_count') }},
                    {{ volume }}
                )
                || ', none held'
        when 'count below'
            then
                'the candle counts ' || {{ counted_trades('candle_trades_count') }} || ', '
                || trades_count || ' held'
        when 'no room by ids'
            then
                'the candle has '
                || coalesce(
                    {{ counted_trades('candle_trades_count') }},
                    {{ volume }}
                )
                || ', the ids on both sides leave room for ' || coalesce(trades_count, 0)
        when 'ids overlap'
            then
                'ids overlap: ' || first_trade_id || ' to ' || last_trade_id
                || ' cannot be ' || {{ counted_trades('trades_count') }}
        when 'values differ'
            then
                'trades and candle differ: '
                || concat_ws(
                    ', '
                    {%- for value in differing_values() %},
                    case
                        when {{ value.differs }}
                            then
                                '{{ value.name | replace("_", " ") }} '
                                || trim_scale({{ value.name }}) || ' and '
                                || trim_scale(candle_{{ value.name }})
                    end
                    {%- endfor %}
                )
        when 'volume of nothing'
            then
                'the candle counts no trade and has ' || {{ volume }}
        when 'moved by nothing'
            then 'the candle has no volume, but its prices or other volumes move'
        when 'candle missing' then 'candle missing: the venue answered without one'
        when 'edges open'
            then
                'ids ' || first_trade_id || ' to ' || last_trade_id
                || ' are not next to those of the minutes around'
                || case
                    when has_final_candle then ', and the candle has no count'
                    else ', and there is no final candle'
                end
        when 'room by ids'
            then
                coalesce(
                    'no final candle, and ids ' || id_before || ' and ' || id_after
                    || ' around leave room for trades',
                    'no final candle, and no ids around'
                )
        when 'not loaded whole' then 'trades of this minute are not loaded to its end'
        when 'not loaded' then 'trades of this minute are not loaded'
        when 'not numbered' then 'the venue gives neither ids nor a count'
        when 'empty'
            then
                case
                    when is_answered_full and not has_candle
                        then
                            'candle missing: the venue answered without one, but ids '
                            || id_before || ' and ' || id_after || ' leave no room for a trade'
                end
    end
{%- endmacro %}
