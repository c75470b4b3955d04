{#-
Readings of trades with their minute and, of those from the archive, when their file was
published; `trades` is what a run reads of int_trades_gathered.
-#}
{% macro trade_readings_sql(trades, files) -%}
    select
        trades.exchange_id,
        trades.symbol,
        {{ trade_minute_ns('trades.traded_at_ns') }} as opened_at_ns,
        trades.trade_id,
        trades.first_trade_id,
        trades.last_trade_id,
        trades.is_aggregate,
        trades.price,
        trades.base_amount,
        trades.quote_amount,
        trades.traded_at_ns,
        trades.taker_side,
        trades.source,
        trades.reading_id,
        coalesce(trades.venue_now_ms, files.published_at_ms) as venue_now_ms,
        trades.load_id,
        trades.delivery_file,
        trades.delivery_row
    from {{ trades }} as trades
    left join {{ files }} as files
        on
            trades.source = 'archive'
            and trades.reading_id = files.file_id
            and trades.load_id = files.load_id
{%- endmacro %}
