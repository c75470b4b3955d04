-- What a venue lists, for those who read no bronze: an operator's patterns match it. It is
-- handed over as values by whoever registers the load that brought it (docs/security.md).
create table if not exists ops.listings (
    exchange_id text not null,
    origin text not null,
    listed_ms bigint not null,
    symbols text[] not null,
    market_types text[] not null,
    primary key (exchange_id, origin),
    check (cardinality(symbols) = cardinality(market_types))
);

comment on table ops.listings is
'One row: the newest listing of an exchange by one of its routes.';
comment on column ops.listings.listed_ms is
'When it was listed, by the venue''s clock.';
comment on column ops.listings.symbols is
'The instruments that were active; market_types has the type of each.';

-- Notes a listing, unless a newer one stands. It runs with its owner's rights.
create or replace function ops.note_listing(
    exchange_id text, origin text, listed_ms bigint, symbols text[], market_types text[]
)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    insert into ops.listings as l (exchange_id, origin, listed_ms, symbols, market_types)
    values (exchange_id, origin, listed_ms, symbols, market_types)
    on conflict on constraint listings_pkey do update
    set
        listed_ms = excluded.listed_ms,
        symbols = excluded.symbols,
        market_types = excluded.market_types
    where l.listed_ms <= excluded.listed_ms
$$;

-- Notes the newest of the listings that loads brought; bronze is read with the caller's
-- rights.
create or replace function ops.note_listings(load_ids text[])
returns void
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    listing record;
begin
    if to_regclass('bronze_exchange.instruments') is null then
        return;
    end if;
    for listing in execute
        'with brought as (
            select
                i.*,
                max(i.venue_now_ms) over (partition by i.exchange_id, i.origin) as newest_ms
            from bronze_exchange.instruments as i
            where i._dlt_load_id = any($1)
        ),

        listed as (
            select distinct
                b.exchange_id,
                b.origin,
                b.newest_ms,
                b.symbol,
                b.market_type,
                b.is_active
            from brought as b
            where b.venue_now_ms = b.newest_ms
        )

        select
            l.exchange_id,
            l.origin,
            l.newest_ms,
            coalesce(
                array_agg(l.symbol order by l.symbol, l.market_type)
                filter (where l.is_active),
                ''{}''
            ) as symbols,
            coalesce(
                array_agg(l.market_type order by l.symbol, l.market_type)
                filter (where l.is_active),
                ''{}''
            ) as market_types
        from listed as l
        group by l.exchange_id, l.origin, l.newest_ms'
        using load_ids
    loop
        perform ops.note_listing(
            listing.exchange_id::text,
            listing.origin::text,
            listing.newest_ms::bigint,
            listing.symbols::text[],
            listing.market_types::text[]
        );
    end loop;
end
$$;

revoke all on function ops.note_listing(text, text, bigint, text[], text[]) from public;
revoke all on function ops.note_listings(text[]) from public;
grant execute on function ops.note_listing(
    text, text, bigint, text[], text[]
) to loader, transformer;
grant execute on function ops.note_listings(text[]) to loader, transformer;
grant select on ops.listings to loader, transformer;
