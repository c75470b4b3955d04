-- What the configuration said at a time, for analysts and models: its history is in gold.

-- Models and analysts match symbols as the loaders do.
grant usage on schema config to transformer, analyst;
grant execute on function config.is_meant(text, text) to transformer, analyst;
grant execute on function config.market_type_of(text) to transformer, analyst;

-- The series that were to be collected at a time, each once: a pattern as the instruments
-- that it matches among those listed then, of the market types of its exchange. A row of
-- its own goes before a pattern, a longer pattern before a shorter one. It reads what dbt
-- has built, with the caller's rights.
create or replace function gold.configured_at(at timestamptz)
returns table (
    exchange_id text,
    symbol text,
    pattern text,
    feeds text[],
    timeframes text[],
    since text,
    priority text,
    budget_share numeric,
    configured_from timestamptz,
    configured_by_login text,
    configured_by_application text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    with exchanges as (
        select e.exchange_id, e.is_enabled, e.budget_share, e.market_types
        from gold.dim_config_exchanges as e
        where
            e.valid_from <= configured_at.at
            and (e.valid_to is null or e.valid_to > configured_at.at)
    ),

    choices as (
        select i.*
        from gold.dim_config_instruments as i
        where
            i.valid_from <= configured_at.at
            and (i.valid_to is null or i.valid_to > configured_at.at)
    ),

    meant as (
        select c.symbol as series, c.*
        from choices as c
        where strpos(c.symbol, '*') = 0
        union all
        select l.symbol as series, c.*
        from choices as c
        inner join exchanges as e on c.exchange_id = e.exchange_id
        inner join gold.dim_instruments as l
            on
                c.exchange_id = l.exchange_id
                and config.is_meant(l.symbol, c.symbol)
                and l.market_type = any(e.market_types)
        where
            strpos(c.symbol, '*') > 0
            and l.is_active
            and l.valid_from <= configured_at.at
            and (l.valid_to is null or l.valid_to > configured_at.at)
    ),

    once as (
        select distinct on (m.exchange_id, m.series) m.*
        from meant as m
        order by
            m.exchange_id,
            m.series,
            strpos(m.symbol, '*') > 0,
            length(m.symbol) desc,
            m.symbol
    )

    select
        o.exchange_id, o.series, o.symbol, o.feeds, o.timeframes, o.since, o.priority,
        e.budget_share, o.valid_from, o.opened_by_login, o.opened_by_application
    from once as o
    inner join exchanges as e on o.exchange_id = e.exchange_id
    where o.is_enabled and e.is_enabled
    order by o.exchange_id, o.series;
end
$$;

revoke all on function gold.configured_at(timestamptz) from public;
grant execute on function gold.configured_at(timestamptz) to analyst, transformer;
