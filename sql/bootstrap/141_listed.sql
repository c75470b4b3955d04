-- Whether a venue's newest listings have a symbol; null: it has none yet. An operator asks,
-- who reads neither bronze nor ops. It runs with its owner's rights.
create or replace function ops.is_listed(venue text, instrument text)
returns boolean
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select bool_or(l.symbols @> array[instrument])
    from ops.listings as l
    where l.exchange_id = venue
$$;

revoke all on function ops.is_listed(text, text) from public;
grant execute on function ops.is_listed(text, text) to operator;
