{#-
The readings of trades of finished loads: those of the minutes of `minutes` (one index
look-up a minute), or all.
-#}
{% macro trade_readings_sql(minutes=none) -%}
    select
        history.exchange_id,
        history.symbol,
        {{ trade_minute_ns('history.traded_at_ns') }} as opened_at_ns,
        history.trade_id,
        history.first_trade_id,
        history.last_trade_id,
        history.is_aggregate,
        history.price,
        history.base_amount,
        history.quote_amount,
        history.traded_at_ns,
        history.taker_side,
        history.source,
        history.reading_id,
        coalesce(history.venue_now_ms, files.published_at_ms) as venue_now_ms,
        history.load_id,
        history.delivery_file,
        history.delivery_row
    {% if minutes -%}
    from {{ minutes }} as changed_minutes
    cross join
        lateral (
            select trades.*
            from {{ ref('int_trades_gathered') }} as trades
            where
                trades.exchange_id = changed_minutes.exchange_id
                and trades.symbol = changed_minutes.symbol
                and trades.traded_at_ns >= changed_minutes.opened_at_ns
                and trades.traded_at_ns < changed_minutes.opened_at_ns + 60000000000
            order by trades.traded_at_ns
            offset 0
        ) as history
    {%- else -%}
    from {{ ref('int_trades_gathered') }} as history
    {%- endif %}
    left join {{ ref('stg_archive__files') }} as files
        on
            history.source = 'archive'
            and history.reading_id = files.file_id
            and history.load_id = files.load_id
{%- endmacro %}
