-- The instruments that were listed at an instant, delisted ones included, each once: as the
-- state that was told of then, or else as the next one that was. It reads what dbt has
-- built, with the caller's rights.
create or replace function gold.universe_at(at timestamptz)
returns table (
    exchange_id text,
    symbol text,
    market_type text,
    base_asset text,
    quote_asset text,
    listed_at timestamptz,
    listed_by text,
    delisted_at timestamptz,
    delisted_by text,
    is_halted boolean,
    halted_by text,
    renamed_from text,
    renamed_to text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    select distinct on (i.exchange_id, i.symbol)
        i.exchange_id, i.symbol, i.market_type, i.base_asset, i.quote_asset, i.listed_at,
        i.listed_by, i.delisted_at, i.delisted_by, h.told_by is not null, h.told_by,
        i.renamed_from, i.renamed_to
    from gold.dim_instruments as i
    cross join lateral (
        select max(s.told_by) as told_by
        from jsonb_to_recordset(i.halts) as s ("from" timestamptz, until timestamptz, told_by text)
        where s."from" <= universe_at.at and (s.until is null or s.until > universe_at.at)
    ) as h
    where
        i.listed_at <= universe_at.at
        and (i.delisted_at is null or i.delisted_at > universe_at.at)
    order by
        i.exchange_id,
        i.symbol,
        i.valid_from > universe_at.at,
        case when i.valid_from > universe_at.at then i.valid_from end,
        i.valid_from desc;
end
$$;

comment on function gold.universe_at(timestamptz) is
'The instruments that were listed at an instant, those that were delisted since included.';
revoke all on function gold.universe_at(timestamptz) from public;
grant execute on function gold.universe_at(timestamptz) to analyst, transformer;
