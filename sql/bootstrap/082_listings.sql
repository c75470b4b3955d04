-- A warehouse of before holds its listings in bronze alone: they are noted once.
-- What stands in bronze may run whatever its owner wrote: it is touched by a function of
-- its owner, in which no role can be taken on (docs/security.md).
set local role loader;
create schema bringing_over;
create function bringing_over.bring_listings_over()
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if to_regclass('bronze_exchange._dlt_loads') is null then
        return;
    end if;
    perform ops.note_listings(
        array(
            select distinct l.load_id from bronze_exchange._dlt_loads as l
            where l.status = 0
        )
    );
end
$$;
select bringing_over.bring_listings_over()
where not exists (select from ops.listings);
drop schema bringing_over cascade;
reset role;
