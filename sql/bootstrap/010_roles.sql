-- Group roles; a login assumes one for what it does (`set role loader`).
-- A person's login: create role alice login password '…' in role analyst;
do $$
declare
    group_name text;
begin
    foreach group_name in array array['loader', 'transformer', 'analyst', 'operator'] loop
        if not exists (
            select from pg_roles as r where r.rolname = group_name
        ) then
            execute format('create role %I nologin', group_name);
        end if;
        if exists (
            select from pg_roles as r
            where r.rolname = group_name and (r.rolcanlogin or r.rolsuper)
        ) then
            raise exception 'role % exists and is a login or a superuser', group_name
                using hint = 'Bullion needs it as a group: rename the role that is there';
        end if;
        if not exists (
            select from pg_auth_members as m
            where
                m.roleid = group_name::regrole
                and m.member = current_user::regrole
                and m.inherit_option
                and m.set_option
        ) then
            execute format('grant %I to current_user with inherit true, set true', group_name);
        end if;
    end loop;
end
$$;
