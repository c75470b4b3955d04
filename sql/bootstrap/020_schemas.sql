-- Who may make and read what. Bronze schemas are made by dlt as loader; dbt makes
-- relations as transformer and grants gold's to analyst itself (its `grants` config).
do $$
declare
    warehouse text := current_database();
begin
    execute format('revoke all on database %I from public', warehouse);
    execute format('grant connect on database %I to loader, transformer, analyst, operator', warehouse);
    execute format('grant create, temporary on database %I to loader, transformer', warehouse);
end
$$;

revoke all on schema public from public;

create schema if not exists silver authorization transformer;
create schema if not exists gold authorization transformer;
create schema if not exists reference authorization transformer;

grant usage on schema gold to analyst;

-- What loader will make, transformer can read.
alter default privileges for role loader grant usage on schemas to transformer;
alter default privileges for role loader grant select on tables to transformer;

-- A function is nobody's to call until it is granted.
alter default privileges for role loader revoke execute on functions from public;
alter default privileges for role transformer revoke execute on functions from public;
