-- The requests of a warehouse of before name an exchange and a symbol; what is asked of other
-- upstreams has neither. Views that read the columns follow the new names.
-- What stands in bronze may run whatever its owner wrote: it is touched by a function of
-- its owner, in which no role can be taken on (docs/security.md).
set local role loader;
create schema bringing_over;
create function bringing_over.rename_columns_of_requests()
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    requests record;
begin
    for requests in
        select c.table_schema, c.column_name
        from information_schema.columns as c
        where
            c.table_schema in ('bronze_exchange', 'bronze_archive')
            and c.table_name = 'requests'
            and c.column_name in ('exchange_id', 'symbol')
    loop
        execute format(
            'alter table %I.requests rename column %I to %I',
            requests.table_schema,
            requests.column_name,
            case requests.column_name when 'symbol' then 'subject' else 'scope' end
        );
    end loop;
    -- what its triggers put off until the end of the transaction
    set constraints all immediate;
end
$$;
select bringing_over.rename_columns_of_requests();
drop schema bringing_over cascade;
reset role;
