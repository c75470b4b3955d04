{#-
The minutes whose readings of the venue's own candle changed: what claimed loads read,
and what other versions of the claimed files say, as a new one may take their seal.
-#}
{% macro claimed_candle_minutes_sql() -%}
    select
        exchange_id,
        symbol,
        opened_at_ms
    from {{ ref('stg_exchange__ohlcv') }}
    where
        load_id = any({{ claimed_loads() }})
        and timeframe = '1m'
    union
    select
        exchange_id,
        symbol,
        opened_at_ms
    from {{ ref('stg_archive__klines') }}
    where
        load_id = any({{ claimed_loads() }})
        and timeframe = '1m'
    union
    select
        others.exchange_id,
        others.symbol,
        klines.opened_at_ms
    from {{ ref('stg_archive__files') }} as claimed
    inner join {{ ref('stg_archive__files') }} as others
        on
            claimed.path = others.path
            and claimed.load_id != others.load_id
    cross join
        lateral (
            select history.opened_at_ms
            from {{ ref('stg_archive__klines') }} as history
            where history.file_id = others.file_id
            order by history.opened_at_ms
            offset 0
        ) as klines
    where
        claimed.load_id = any({{ claimed_loads() }})
        and claimed.status = 'loaded'
        and claimed.feed = 'klines'
        and claimed.timeframe = '1m'
        and others.status = 'loaded'
{%- endmacro %}
