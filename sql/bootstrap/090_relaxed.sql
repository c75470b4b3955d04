-- Gold of a release before holds constraints that its models have relaxed since; a table is
-- not made anew by an increment. Nothing of the tables is read or evaluated here.
set local role transformer;

do $$
declare
    narrower record;
begin
    for narrower in
        select c.conname
        from pg_catalog.pg_constraint as c
        where
            c.conrelid = to_regclass('gold.fct_gaps')
            and c.contype = 'c'
            and strpos(pg_catalog.pg_get_constraintdef(c.oid), 'quiet, unproven') > 0
            and strpos(pg_catalog.pg_get_constraintdef(c.oid), 'delisted') = 0
    loop
        execute format('alter table gold.fct_gaps drop constraint %I', narrower.conname);
    end loop;
    if exists (
        select
        from pg_catalog.pg_attribute as a
        where
            a.attrelid = to_regclass('gold.fct_candles')
            and a.attname = 'base_volume'
            and a.attnotnull
    ) then
        alter table gold.fct_candles alter column base_volume drop not null;
    end if;
end
$$;

reset role;
