-- Rates have more decimals than amounts. A warehouse of before holds 18 of them, and would
-- round the others away: its columns are made wider. Of ours a view of staging stands on
-- each, which the next transform makes again; a view of somebody else's stops this, by name.
-- What stands in bronze may run whatever its owner wrote: it is touched by a function of
-- its owner, in which no role can be taken on (docs/security.md).
select
    set_config(
        'bullion.narrow_rates', coalesce(string_agg(substr(n.nspname, 8), ','), ''), true
    )
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_attribute as a on c.oid = a.attrelid
where
    n.nspname in ('bronze_exchange', 'bronze_archive')
    and c.relname = 'funding_rates'
    and a.attname = 'funding_rate'
    and pg_catalog.format_type(a.atttypid, a.atttypmod) = 'numeric(38,18)';

set local role transformer;
do $$
declare
    source text;
begin
    foreach source in array
        string_to_array(current_setting('bullion.narrow_rates'), ',')
    loop
        execute format('drop view if exists silver.stg_%s__funding_rates', source);
    end loop;
end
$$;

set local role loader;
create schema widening;
create function widening.widen()
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    source text;
begin
    foreach source in array
        string_to_array(current_setting('bullion.narrow_rates'), ',')
    loop
        execute format(
            'alter table bronze_%s.funding_rates'
            ' alter column funding_rate type numeric(38, 36)', source
        );
    end loop;
    -- what its triggers put off until the end of the transaction
    set constraints all immediate;
end
$$;
select widening.widen();
drop schema widening cascade;
reset role;
