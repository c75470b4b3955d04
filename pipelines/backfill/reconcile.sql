-- What of a day's candles by REST did the archive's file change, and by how much?
-- $1 the day's first ms, $2 its end, $3 exchanges, $4 symbols: none of them means all.
-- One row a series; for REST the newest reading made after the minute's end counts.
with finished as (
    select
        schema_name,
        load_id
    from ops.loads
),

standing_files as (
    select distinct on (files.path)
        files.file_id,
        files.published_at_ms
    from bronze_archive.files
    inner join finished
        on
            files._dlt_load_id = finished.load_id
            and finished.schema_name = 'bronze_archive'
    where
        files.feed = 'klines'
        and files.status = 'loaded'
        and files.covers_from_ms < $2::bigint
        and files.covers_until_ms > $1::bigint
    order by files.path asc, files.published_at_ms desc, files.sha256 desc
),

archived as (
    select distinct on (klines.exchange_id, klines.symbol, klines.opened_at_ms)
        klines.exchange_id,
        klines.symbol,
        klines.opened_at_ms,
        klines.open,
        klines.high,
        klines.low,
        klines.close,
        klines.base_volume,
        klines.quote_volume,
        klines.trades_count,
        klines.taker_buy_base,
        klines.taker_buy_quote
    from bronze_archive.klines
    inner join standing_files on klines.file_id = standing_files.file_id
    inner join finished
        on
            klines._dlt_load_id = finished.load_id
            and finished.schema_name = 'bronze_archive'
    where
        klines.opened_at_ms >= $1::bigint
        and klines.opened_at_ms < $2::bigint
    order by
        klines.exchange_id asc,
        klines.symbol asc,
        klines.opened_at_ms asc,
        standing_files.published_at_ms desc,
        klines.file_id asc
),

readings as (
    select distinct on (ohlcv.exchange_id, ohlcv.symbol, ohlcv.opened_at_ms)
        ohlcv.exchange_id,
        ohlcv.symbol,
        ohlcv.opened_at_ms,
        ohlcv.open,
        ohlcv.high,
        ohlcv.low,
        ohlcv.close,
        ohlcv.base_volume,
        ohlcv.quote_volume,
        ohlcv.trades_count,
        ohlcv.taker_buy_base,
        ohlcv.taker_buy_quote
    from bronze_exchange.ohlcv
    inner join finished
        on
            ohlcv._dlt_load_id = finished.load_id
            and finished.schema_name = 'bronze_exchange'
    where
        ohlcv.timeframe = '1m'
        and ohlcv.opened_at_ms >= $1::bigint
        and ohlcv.opened_at_ms < $2::bigint
        and ohlcv.venue_now_ms >= ohlcv.opened_at_ms + 60000
    order by
        ohlcv.exchange_id asc,
        ohlcv.symbol asc,
        ohlcv.opened_at_ms asc,
        ohlcv.venue_now_ms desc,
        ohlcv.open desc,
        ohlcv.high desc,
        ohlcv.low desc,
        ohlcv.close desc,
        ohlcv.base_volume desc,
        ohlcv.request_id asc
),

minutes as (
    select
        coalesce(readings.exchange_id, archived.exchange_id) as exchange_id,
        coalesce(readings.symbol, archived.symbol) as symbol,
        readings.opened_at_ms is not null as is_by_rest,
        archived.opened_at_ms is not null as is_archived,
        differing.value_names,
        differing.largest_pct
    from readings
    full join archived
        on
            readings.exchange_id = archived.exchange_id
            and readings.symbol = archived.symbol
            and readings.opened_at_ms = archived.opened_at_ms
    cross join lateral (
        select
            array_agg(compared.value_name order by compared.value_name) as value_names,
            max(
                100 * abs(compared.by_archive - compared.by_rest)
                / nullif(abs(compared.by_rest), 0)
            ) as largest_pct
        from (
            values
            ('open', readings.open, archived.open),
            ('high', readings.high, archived.high),
            ('low', readings.low, archived.low),
            ('close', readings.close, archived.close),
            ('base_volume', readings.base_volume, archived.base_volume),
            ('quote_volume', readings.quote_volume, archived.quote_volume),
            ('trades_count', readings.trades_count, archived.trades_count),
            ('taker_buy_base', readings.taker_buy_base, archived.taker_buy_base),
            ('taker_buy_quote', readings.taker_buy_quote, archived.taker_buy_quote)
        ) as compared (value_name, by_rest, by_archive)
        where compared.by_rest <> compared.by_archive
    ) as differing
),

changed_values as (
    select
        changed.exchange_id,
        changed.symbol,
        string_agg(
            changed.value_name || ' ' || changed.minutes_count,
            ', '
            order by changed.minutes_count desc, changed.value_name asc
        ) as told
    from (
        select
            minutes.exchange_id,
            minutes.symbol,
            differing.value_name,
            count(*) as minutes_count
        from minutes
        cross join unnest(minutes.value_names) as differing (value_name)
        group by minutes.exchange_id, minutes.symbol, differing.value_name
    ) as changed
    group by changed.exchange_id, changed.symbol
)

select
    minutes.exchange_id,
    minutes.symbol,
    count(*) filter (where minutes.is_by_rest) as rest_count,
    count(*) filter (where minutes.is_archived) as archive_count,
    count(*) filter (where minutes.is_by_rest and minutes.is_archived) as compared_count,
    count(*) filter (
        where minutes.is_by_rest and minutes.is_archived and minutes.value_names is null
    ) as equal_count,
    count(*) filter (where minutes.value_names is not null) as changed_count,
    max(minutes.largest_pct)::numeric(38, 6) as largest_difference_pct,
    max(changed_values.told) as changed_values
from minutes
left join changed_values
    on
        minutes.exchange_id = changed_values.exchange_id
        and minutes.symbol = changed_values.symbol
where
    (minutes.exchange_id = any($3::text[]) or cardinality($3::text[]) = 0)
    and (minutes.symbol = any($4::text[]) or cardinality($4::text[]) = 0)
group by minutes.exchange_id, minutes.symbol
order by minutes.exchange_id, minutes.symbol
