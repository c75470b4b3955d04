-- Issue the finished loads that brought rows of a span again, each under its own batch,
-- for every model to take in; how many they are. $1 since_ms, $2 until_ms, $3 symbols,
-- $4 exchanges: none of them means all; $5 feeds, $6 how many units of each one's axis a
-- millisecond has.
with spoken_for as (
    select ohlcv._dlt_load_id as load_id
    from bronze_exchange.ohlcv
    where
        ohlcv.opened_at_ms >= $1::bigint
        and ohlcv.opened_at_ms < $2::bigint
        and (ohlcv.symbol = any($3::text[]) or cardinality($3::text[]) = 0)
        and (
            ohlcv.exchange_id = any($4::text[])
            or cardinality($4::text[]) = 0
        )
    union
    select paged._dlt_load_id
    from bronze_exchange.pages as paged
    inner join unnest($5::text[], $6::bigint[]) as axes (feed, in_ms)
        on paged.feed = axes.feed
    where
        paged.asked_until > $1::bigint * axes.in_ms
        and paged.asked_from < $2::bigint * axes.in_ms
        and (paged.subject = any($3::text[]) or cardinality($3::text[]) = 0)
        and (
            paged.scope = any($4::text[])
            or cardinality($4::text[]) = 0
        )
    union
    select trades._dlt_load_id
    from bronze_exchange.trades
    where
        trades.traded_at_ns >= $1::bigint * 1000000
        and trades.traded_at_ns < $2::bigint * 1000000
        and (trades.symbol = any($3::text[]) or cardinality($3::text[]) = 0)
        and (
            trades.exchange_id = any($4::text[])
            or cardinality($4::text[]) = 0
        )
    union
    select files._dlt_load_id
    from bronze_archive.files
    where
        files.covers_until_ms > $1::bigint
        and files.covers_from_ms < $2::bigint
        and (files.symbol = any($3::text[]) or cardinality($3::text[]) = 0)
        and (
            files.exchange_id = any($4::text[])
            or cardinality($4::text[]) = 0
        )
),

again as (
    select
        loaded.batch_id,
        loaded.schema_name,
        loaded.load_id
    from ops.loads as loaded
    inner join spoken_for on loaded.load_id = spoken_for.load_id
    where loaded.schema_name in ('bronze_exchange', 'bronze_archive')
),

-- what some model has not taken in yet stands there still
forgotten as (
    delete from ops.consumed_batches as consumed
    using again
    where consumed.batch_id = again.batch_id
),

issued as (
    insert into ops.batches (batch_id, feed, load_id)
    overriding system value
    select
        again.batch_id,
        again.schema_name,
        again.load_id
    from again
    on conflict do nothing
)

select count(*) from again
