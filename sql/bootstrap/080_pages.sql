-- A warehouse of before bronze_exchange.pages has a table of pages for each feed. Their rows
-- go there once; the old tables go as soon as no view reads them, which is after a transform.
-- What stands in bronze may run whatever its owner wrote: it is touched by a function of
-- its owner, in which no role can be taken on (docs/security.md).
set local role loader;
create schema bringing_over;
create function bringing_over.bring_pages_over()
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('bronze_exchange.ohlcv_pages') is null
        and to_regclass('bronze_exchange.trade_pages') is null then
        return;
    end if;
    create table if not exists bronze_exchange.pages (
        scope text not null,
        subject text not null,
        feed text not null,
        asked_from bigint not null,
        asked_until bigint not null,
        asked_cursor text,
        answered_from bigint not null,
        answered_until bigint not null,
        first_id bigint,
        last_id bigint,
        next_cursor text,
        sends_empty boolean,
        rows_count bigint not null,
        upstream_now_ms bigint not null,
        request_id text not null,
        origin text not null,
        received_at timestamp with time zone not null,
        _dlt_load_id text not null,
        delivery_file text not null,
        delivery_row bigint not null
    );
    if to_regclass('bronze_exchange.ohlcv_pages') is not null then
        insert into bronze_exchange.pages (
            scope, subject, feed, asked_from, asked_until, answered_from, answered_until,
            sends_empty, rows_count, upstream_now_ms, request_id, origin, received_at,
            _dlt_load_id, delivery_file, delivery_row
        )
        select
            o.exchange_id, o.symbol, 'candles', o.asked_from_ms, o.asked_until_ms,
            o.answered_from_ms, o.answered_until_ms, o.sends_quiet_minutes, o.rows_count,
            o.venue_now_ms, o.request_id, o.origin, o.received_at, o._dlt_load_id,
            o.delivery_file, o.delivery_row
        from bronze_exchange.ohlcv_pages as o
        where not exists (
            select from bronze_exchange.pages as p
            where p._dlt_load_id = o._dlt_load_id
                and p.delivery_file = o.delivery_file
                and p.delivery_row = o.delivery_row
        );
    end if;
    if to_regclass('bronze_exchange.trade_pages') is not null then
        insert into bronze_exchange.pages (
            scope, subject, feed, asked_from, asked_until, asked_cursor, answered_from,
            answered_until, first_id, last_id, next_cursor, rows_count, upstream_now_ms,
            request_id, origin, received_at, _dlt_load_id, delivery_file, delivery_row
        )
        select
            o.exchange_id, o.symbol, 'trades',
            coalesce(o.asked_from_ns, min(o.answered_from_ns) over w),
            max(o.answered_until_ns) over w, o.asked_from_id::text, o.answered_from_ns,
            o.answered_until_ns, o.first_trade_id, o.last_trade_id, o.next_cursor,
            o.rows_count, o.venue_now_ms, o.request_id, o.origin, o.received_at,
            o._dlt_load_id, o.delivery_file, o.delivery_row
        from bronze_exchange.trade_pages as o
        where not exists (
            select from bronze_exchange.pages as p
            where p._dlt_load_id = o._dlt_load_id
                and p.delivery_file = o.delivery_file
                and p.delivery_row = o.delivery_row
        )
        window w as (partition by o.request_id);
    end if;
    begin
        drop table if exists bronze_exchange.ohlcv_pages;
        drop table if exists bronze_exchange.trade_pages;
    exception
        when dependent_objects_still_exist then
            null;
    end;
    -- what its triggers put off until the end of the transaction
    set constraints all immediate;
end
$$;
select bringing_over.bring_pages_over();
drop schema bringing_over cascade;
reset role;

update ops.deliveries
set
    table_name = case table_name
        when 'ohlcv_pages' then 'pages of candles' else 'pages of trades'
    end
where schema_name = 'bronze_exchange' and table_name in ('ohlcv_pages', 'trade_pages');
