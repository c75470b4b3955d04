-- The requests of a warehouse of before name an exchange and a symbol; what is asked of other
-- upstreams has neither. Views that read the columns follow the new names.
do $$
declare
    requests record;
begin
    set local role loader;
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
    reset role;
end
$$;
