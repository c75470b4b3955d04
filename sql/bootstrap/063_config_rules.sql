-- What is refused of a configuration at once, in a sentence that a person understands.
-- The triggers run with their owner's rights: they read what operator may not.

create or replace function config.check_exchange()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    left_over text;
begin
    if tg_op = 'DELETE' then
        select string_agg(i.symbol, ', ' order by i.symbol) into left_over
        from config.instruments as i
        where i.exchange_id = old.exchange_id;
        if left_over is not null then
            raise exception '% still has instruments: %', old.exchange_id, left_over
                using
                    errcode = 'restrict_violation',
                    hint = 'Remove them first, or set is_enabled to false';
        end if;
        return old;
    end if;
    perform config.require_words('exchange', array[new.exchange_id]);
    perform config.require_words('market type', new.market_types);
    if not (new.budget_share > 0 and new.budget_share <= 1) then
        raise exception 'budget_share % of % is not above 0 and at most 1',
            new.budget_share, new.exchange_id
            using errcode = 'check_violation';
    end if;
    select string_agg(i.symbol, ', ' order by i.symbol) into left_over
    from config.instruments as i
    where
        i.exchange_id = new.exchange_id
        and strpos(i.symbol, '*') = 0
        and config.market_type_of(i.symbol) <> all(new.market_types);
    if left_over is not null then
        raise exception '% would have no market type for its instruments %',
            new.exchange_id, left_over
            using errcode = 'check_violation';
    end if;
    return new;
end
$$;

create or replace function config.check_instrument()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    exchange config.exchanges;
    listed_count bigint;
begin
    select e.* into exchange from config.exchanges as e where e.exchange_id = new.exchange_id;
    if not found and new.exchange_id is not null then
        raise exception 'unknown exchange: %; config.exchanges has %',
            quote_literal(new.exchange_id),
            coalesce(
                (
                    select string_agg(e.exchange_id, ', ' order by e.exchange_id)
                    from config.exchanges as e
                ),
                'none yet: `bullion config import` brings the seeds'' rows'
            )
            using errcode = 'foreign_key_violation';
    end if;
    if new.symbol !~ '^\S+$' then
        raise exception '% is no symbol such as BTC/USDT and no pattern such as */USDT',
            quote_literal(new.symbol)
            using errcode = 'check_violation';
    end if;
    perform config.require_words('feed', new.feeds);
    perform config.require_words('timeframe', new.timeframes);
    perform config.require_words('priority', array[coalesce(new.priority, 'live')]);
    perform config.require_since(new.since);
    if '1m' <> all(new.timeframes) then
        raise exception
            'timeframes of % on % are without 1m, from which the longer ones are made',
            new.symbol, new.exchange_id
            using errcode = 'check_violation';
    end if;
    if tg_op = 'UPDATE'
        and (new.exchange_id, new.symbol) = (old.exchange_id, old.symbol) then
        return new;
    end if;

    if strpos(new.symbol, '*') = 0 then
        if config.market_type_of(new.symbol) <> all(exchange.market_types) then
            raise exception '% is a %, and market_types of % are %',
                new.symbol,
                config.market_type_of(new.symbol),
                new.exchange_id,
                array_to_string(exchange.market_types, ', ')
                using errcode = 'check_violation';
        end if;
        return new;
    end if;
    select count(*) into listed_count from config.listed_instruments(new.exchange_id);
    if listed_count = 0 then
        raise exception
            'pattern % can not be checked: no listing of % is held yet',
            new.symbol, new.exchange_id
            using
                errcode = 'check_violation',
                hint = 'Run `bullion load exchange` first';
    end if;
    if not exists (
        select from config.listed_instruments(new.exchange_id) as l
        where config.is_meant(l.symbol, new.symbol)
    ) then
        raise exception 'pattern % matches none of the % instruments that % lists (%)',
            new.symbol, listed_count, new.exchange_id,
            array_to_string(exchange.market_types, ', ')
            using errcode = 'check_violation';
    end if;
    return new;
end
$$;

-- One writer at a time, before any row is locked: two who add what covers one series
-- see each other, and wait in one order. It runs with its owner's rights: operator takes
-- no lock of the loaders'.
create or replace function config.lock_instruments()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if current_setting('transaction_isolation') = 'repeatable read' then
        raise exception
            'config.instruments is not written at repeatable read, which would not see '
            'what another operator has just added'
            using
                errcode = 'feature_not_supported',
                hint = 'Use read committed or serializable';
    end if;
    perform pg_advisory_xact_lock(hashtextextended('config.instruments', 0));
    return null;
end
$$;

-- A series is chosen by one row: by its symbol or by one pattern.
create or replace function config.check_series()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    found_twice record;
begin
    with pairs as (
        select c.exchange_id, c.symbol, o.symbol as other
        from changed as c
        inner join config.instruments as o
            on c.exchange_id = o.exchange_id and c.symbol <> o.symbol
        where strpos(c.symbol || o.symbol, '*') > 0
    )

    select p.exchange_id, p.symbol, p.other, m.series into found_twice
    from pairs as p
    inner join lateral (
        select p.symbol as series
        where strpos(p.symbol, '*') = 0 and config.is_meant(p.symbol, p.other)
        union all
        select p.other
        where strpos(p.other, '*') = 0 and config.is_meant(p.other, p.symbol)
        union all
        select l.symbol
        from config.listed_instruments(p.exchange_id) as l
        where
            strpos(p.symbol, '*') > 0
            and strpos(p.other, '*') > 0
            and config.is_meant(l.symbol, p.symbol)
            and config.is_meant(l.symbol, p.other)
    ) as m on true
    order by p.exchange_id, p.symbol, p.other, m.series
    limit 1;
    if found then
        raise exception '% on % would be chosen twice: by % and by %',
            found_twice.series, found_twice.exchange_id,
            found_twice.symbol, found_twice.other
            using errcode = 'unique_violation';
    end if;
    return null;
end
$$;

-- The value is not repeated: what was given for a name may be the secret itself.
create or replace function config.check_endpoint()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if new.endpoint !~ '^[a-z][a-z0-9_]*$' then
        raise exception 'an endpoint is named by small letters, digits and _'
            using errcode = 'check_violation';
    end if;
    if new.setting !~ '^BULLION_[A-Z0-9]+(_[A-Z0-9]+)*$' or length(new.setting) > 63 then
        raise exception
            'setting of % is not the name of a setting such as BULLION_BINANCE_URL',
            new.endpoint
            using
                errcode = 'check_violation',
                hint = 'Secrets stay in the environment; change one that was typed here';
    end if;
    return new;
end
$$;

create or replace function config.check_threshold()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform config.require_words('threshold', array[new.threshold]);
    if new.amount < 0 then
        raise exception '% can not be negative: %', new.threshold, new.amount
            using errcode = 'check_violation';
    end if;
    if new.amount <> trunc(new.amount) or new.amount >= 1000000000 then
        raise exception '% is not a whole number below 1000000000: %',
            new.threshold, new.amount
            using errcode = 'check_violation';
    end if;
    return new;
end
$$;

create or replace trigger check_exchange
before insert or update or delete on config.exchanges
for each row execute function config.check_exchange();

create or replace trigger check_instrument
before insert or update on config.instruments
for each row execute function config.check_instrument();

create or replace trigger lock_instruments
before insert or update on config.instruments
for each statement execute function config.lock_instruments();

create or replace trigger check_series_added
after insert on config.instruments
referencing new table as changed
for each statement execute function config.check_series();

create or replace trigger check_series_changed
after update on config.instruments
referencing new table as changed
for each statement execute function config.check_series();

create or replace trigger check_endpoint
before insert or update on config.endpoints
for each row execute function config.check_endpoint();

create or replace trigger check_threshold
before insert or update on config.thresholds
for each row execute function config.check_threshold();

revoke all on function config.check_exchange() from public;
revoke all on function config.check_instrument() from public;
revoke all on function config.lock_instruments() from public;
revoke all on function config.check_series() from public;
revoke all on function config.check_endpoint() from public;
revoke all on function config.check_threshold() from public;
