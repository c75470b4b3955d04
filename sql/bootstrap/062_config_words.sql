-- The words that a configuration may use: what the sources and models of this release
-- declare. Whoever bootstraps writes them; nobody else does.
create table if not exists ops.config_words (
    kind text not null,
    word text not null,
    place integer not null,
    primary key (kind, word)
);

comment on table ops.config_words is
'One row: a word that the configuration may use, such as an exchange or a feed.';

grant select on ops.config_words to transformer;

create or replace function config.known_words(kind text)
returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(array_agg(w.word order by w.place), '{}')
    from ops.config_words as w
    where w.kind = known_words.kind
$$;

-- Refuses words that are not known, and a list without any; null is the column's to refuse.
create or replace function config.require_words(kind text, words text[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    known text[] := config.known_words(kind);
    unknown text;
begin
    if cardinality(known) = 0 then
        raise exception 'no % is known: the words of this release were not written', kind
            using
                errcode = 'check_violation',
                hint = 'Run `bullion up postgres`';
    end if;
    select string_agg(coalesce(quote_literal(w.word), 'null'), ', ' order by w.number)
    into unknown
    from unnest(words) with ordinality as w (word, number)
    where w.word is null or w.word <> all(known);
    if unknown is not null then
        raise exception 'unknown %: %; there are %',
            kind, unknown, array_to_string(known, ', ')
            using errcode = 'check_violation';
    end if;
    if cardinality(words) = 0 then
        raise exception 'no % is named; there are %', kind, array_to_string(known, ', ')
            using errcode = 'check_violation';
    end if;
end
$$;

-- Refuses what is neither an ISO 8601 time nor a span back from now.
create or replace function config.require_since(since text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    at timestamptz;
begin
    if since ~ (
        '^-P(?=.)(\d{1,5}W)?(\d{1,5}D)?(T(?=.)(\d{1,5}H)?(\d{1,5}M)?)?$'
    ) or since is null then
        return;
    end if;
    if since ~ (
        '^\d{4}-\d\d-\d\d([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.]\d{1,6})?)?'
        || '(Z|[+-]\d\d:\d\d)?)?$'
    ) then
        at := since::timestamptz;
        return;
    end if;
    raise exception using errcode = 'invalid_datetime_format';
exception
    when data_exception then
        raise exception
            'since % is neither a time such as 2024-01-31T00:00Z nor a span back from now '
            'such as -P1D or -PT12H',
            quote_literal(since)
            using errcode = 'check_violation';
end
$$;

-- Whether a symbol is meant by one of config.instruments, in which * stands for anything.
create or replace function config.is_meant(symbol text, pattern text)
returns boolean
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select
        symbol like replace(
            regexp_replace(pattern, '([\\%_])', '\\\1', 'g'), '*', '%'
        )
$$;

-- What ccxt's name of an instrument says of its kind: a colon goes before the currency
-- that a contract settles in, a date after it ends it, a strike after that is an option's.
create or replace function config.market_type_of(symbol text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select
        case
            when symbol not like '%:%' then 'spot'
            when symbol ~ ':[^-]+-[^-]+-' then 'option'
            when symbol ~ ':[^-]+-' then 'future'
            else 'swap'
        end
$$;

-- The instruments of an exchange in its newest listings, of the market types that are
-- collected. It runs with its owner's rights: operator reads no ledger.
create or replace function config.listed_instruments(exchange_id text)
returns table (symbol text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    with listings as (
        select l.*, max(l.listed_ms) over () as newest_ms
        from ops.listings as l
        where l.exchange_id = listed_instruments.exchange_id
    )

    select distinct i.symbol
    from listings as l
    inner join config.exchanges as e on l.exchange_id = e.exchange_id
    cross join lateral unnest(l.symbols, l.market_types) as i (symbol, market_type)
    where
        l.listed_ms > l.newest_ms - 7 * 86400000::bigint  -- a route that ended
        and i.market_type = any(e.market_types)
$$;

-- The series to collect, each once: patterns as what they match in the listing now. A
-- row of its own goes before a pattern, a longer pattern before a shorter one.
create or replace function config.instrument_choices()
returns table (
    exchange_id text,
    symbol text,
    since text,
    priority text,
    is_enabled boolean,
    feeds text[],
    timeframes text[]
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with meant as (
        select i.exchange_id, i.symbol, i.symbol as pattern
        from config.instruments as i
        where strpos(i.symbol, '*') = 0
        union all
        select i.exchange_id, l.symbol, i.symbol
        from config.instruments as i
        inner join lateral config.listed_instruments(i.exchange_id) as l
            on config.is_meant(l.symbol, i.symbol)
        where strpos(i.symbol, '*') > 0
    ),

    once as (
        select distinct on (m.exchange_id, m.symbol) m.*
        from meant as m
        order by
            m.exchange_id,
            m.symbol,
            strpos(m.pattern, '*') > 0,
            length(m.pattern) desc,
            m.pattern
    )

    select
        o.exchange_id, o.symbol, i.since, i.priority, i.is_enabled, i.feeds, i.timeframes
    from once as o
    inner join config.instruments as i
        on o.exchange_id = i.exchange_id and o.pattern = i.symbol
    order by o.exchange_id, o.symbol
$$;

revoke all on function config.known_words(text) from public;
revoke all on function config.require_words(text, text[]) from public;
revoke all on function config.require_since(text) from public;
revoke all on function config.is_meant(text, text) from public;
revoke all on function config.market_type_of(text) from public;
revoke all on function config.listed_instruments(text) from public;
revoke all on function config.instrument_choices() from public;
grant execute on function config.is_meant(text, text) to operator, loader;
grant execute on function config.listed_instruments(text) to operator, loader;
grant execute on function config.instrument_choices() to operator, loader;
