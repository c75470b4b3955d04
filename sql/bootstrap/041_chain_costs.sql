-- What calls of chains' nodes cost, and the quota of an endpoint by UTC day and month, which
-- all processes share: a call that is beyond it is refused before it is made. Beside the
-- budget of 040, which says how fast.
create table if not exists ops.chain_costs (
    chain text not null,
    endpoint text not null,
    day date not null,
    method text not null,
    calls_count bigint not null default 0,
    units bigint not null default 0,
    bytes_count bigint not null default 0,
    primary key (chain, endpoint, day, method)
);

create table if not exists ops.endpoint_lacks (
    chain text not null,
    endpoint text not null,
    lack text not null,
    reason text not null,
    noted_at timestamptz not null default clock_timestamp(),
    primary key (chain, endpoint, lack)
);

comment on table ops.chain_costs is
'One row: what an endpoint of a chain was asked of a method on a UTC day.';
comment on column ops.chain_costs.units is
'As its provider counts them: reference.rpc_method_units.';
comment on table ops.endpoint_lacks is
'One row: what an endpoint of a chain was seen not to have; believed for a week.';

-- Spend a quota's units now, or say how many the day and the month have left. 0: no quota.
create or replace function ops.spend_chain_units(
    chain text,
    endpoint text,
    method text,
    calls bigint,
    units bigint,
    units_per_day bigint,
    units_per_month bigint
)
returns table (is_granted boolean, day_left bigint, month_left bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    today date;
    spent_today bigint;
    spent_this_month bigint;
begin
    if calls < 0 or units < 0 then
        raise exception 'calls and units are not negative'
            using errcode = 'invalid_parameter_value';
    end if;
    if units_per_day > 0 or units_per_month > 0 then
        perform pg_advisory_xact_lock(
            hashtextextended(format('quota of %s %s', chain, endpoint), 0)
        );
    end if;
    -- after the lock: what others spent while this one waited counts
    today := (clock_timestamp() at time zone 'UTC')::date;
    select
        coalesce(sum(c.units) filter (where c.day = today), 0),
        coalesce(sum(c.units), 0)
    into spent_today, spent_this_month
    from ops.chain_costs as c
    where
        c.chain = spend_chain_units.chain
        and c.endpoint = spend_chain_units.endpoint
        and c.day >= date_trunc('month', today)::date;
    if units_per_day > 0 then
        day_left := greatest(units_per_day - spent_today, 0);
    end if;
    if units_per_month > 0 then
        month_left := greatest(units_per_month - spent_this_month, 0);
    end if;
    is_granted := units <= least(day_left, month_left) is not false;
    if is_granted then
        insert into ops.chain_costs as c (chain, endpoint, day, method, calls_count, units)
        values (chain, endpoint, today, method, calls, units)
        on conflict (chain, endpoint, day, method) do update
        set
            calls_count = c.calls_count + excluded.calls_count,
            units = c.units + excluded.units;
    end if;
    return next;
end
$$;

-- Add the bytes of an answer to what was spent for it.
create or replace function ops.note_chain_bytes(
    chain text, endpoint text, method text, bytes_count bigint
)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    update ops.chain_costs as c
    set bytes_count = c.bytes_count + greatest(note_chain_bytes.bytes_count, 0)
    where
        c.chain = note_chain_bytes.chain
        and c.endpoint = note_chain_bytes.endpoint
        and c.method = note_chain_bytes.method
        and c.day = (
            select max(n.day)
            from ops.chain_costs as n
            where
                n.chain = note_chain_bytes.chain
                and n.endpoint = note_chain_bytes.endpoint
                and n.method = note_chain_bytes.method
        )
$$;

create or replace function ops.note_endpoint_lack(
    chain text, endpoint text, lack text, reason text
)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    insert into ops.endpoint_lacks as l (chain, endpoint, lack, reason)
    values (chain, endpoint, lack, left(reason, 300))
    on conflict (chain, endpoint, lack) do update
    set reason = excluded.reason, noted_at = excluded.noted_at
$$;

revoke all on function ops.spend_chain_units(
    text, text, text, bigint, bigint, bigint, bigint
) from public;
revoke all on function ops.note_chain_bytes(text, text, text, bigint) from public;
revoke all on function ops.note_endpoint_lack(text, text, text, text) from public;
grant execute on function ops.spend_chain_units(
    text, text, text, bigint, bigint, bigint, bigint
) to loader;
grant execute on function ops.note_chain_bytes(text, text, text, bigint) to loader;
grant execute on function ops.note_endpoint_lack(text, text, text, text) to loader;
grant select on ops.chain_costs, ops.endpoint_lacks to loader, transformer;
