-- The request budget of an upstream for all processes on the warehouse: leaky buckets, one
-- for each of its limits, a queue in which a new series goes first, live next, history
-- last, a shared pause and a shared circuit breaker.
-- Nothing in it is held by a process, so a killed one leaves nothing behind.

-- a warehouse of before has one limit for each exchange; what was spent of it, and who
-- waits, is of seconds
drop function if exists ops.acquire_request_budget(
    text, numeric, text, numeric, numeric, numeric, text
);
drop function if exists ops.pause_venue(text, numeric, text);
drop function if exists ops.report_venue_failure(text, text, integer, numeric);
drop function if exists ops.report_venue_success(text);
drop table if exists ops.venue_waiters;
do $$
begin
    if to_regclass('ops.venue_budgets') is not null then
        alter table ops.venue_budgets rename to request_budgets;
        alter table ops.request_budgets rename column exchange_id to budget;
        alter table ops.request_budgets drop column spent, drop column leaked_at;
    end if;
end
$$;

create table if not exists ops.request_budgets (
    budget text primary key,
    blocked_until timestamptz,
    blocked_for text,
    failures_count integer not null default 0,
    last_failure text,
    openings_count integer not null default 0,
    open_until timestamptz,
    trial_until timestamptz
);

create table if not exists ops.request_limits (
    budget text not null references ops.request_budgets (budget),
    limit_name text not null,
    spent numeric not null default 0,
    leaked_at timestamptz not null default clock_timestamp(),
    primary key (budget, limit_name)
);

create table if not exists ops.request_waiters (
    budget text not null references ops.request_budgets (budget),
    waiter text not null,
    limit_names text[] not null,
    place integer not null,
    expires_at timestamptz not null,
    primary key (budget, waiter)
);

comment on table ops.request_budgets is
'One row: an upstream''s pause and circuit breaker, which hold for all of its limits.';
comment on table ops.request_limits is
'One row: what was spent of an upstream''s limit, as it stood at leaked_at.';
comment on table ops.request_waiters is
'One row: a request that waits for its limits; those of a later place stand back until it expires.';
comment on column ops.request_waiters.place is
'1: a series that was just configured; 2: live; 3: history, which is not noted.';

-- Spend these weights of the limits now, all or none, or say how long to wait and why. Of
-- each limit, in any window, no more than its capacity + per_second * window is granted, by
-- whichever process. `priority` is first, live or history: none is served while one of an
-- earlier place waits for one of the same limits, and history leaves `reserve` of each
-- capacity, a share of it, to the others.
create or replace function ops.acquire_request_budget(
    budget text,
    limit_names text[],
    weights numeric[],
    per_second numeric[],
    capacities numeric[],
    reserve numeric,
    priority text,
    waiter text
)
returns table (wait_ms bigint, reason text, failures_count integer, last_failure text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    state ops.request_budgets;
    now_at timestamptz;
    wait_s numeric := 0;
    rate_s numeric;
    short_of text[];
    places constant text[] := array['first', 'live', 'history'];
    own_place integer := array_position(places, priority);
    kept numeric := case when priority = 'history' then reserve else 0 end;
begin
    if own_place is null then
        raise exception 'unknown priority %; known: %', priority, places
        using errcode = 'invalid_parameter_value';
    end if;

    insert into ops.request_budgets as b (budget)
    values (acquire_request_budget.budget)
    on conflict do nothing;

    select b.* into strict state
    from ops.request_budgets as b
    where b.budget = acquire_request_budget.budget
    for update;

    -- after the lock: what others spent while this one waited for it counts
    now_at := clock_timestamp();
    failures_count := state.failures_count;
    last_failure := state.last_failure;

    insert into ops.request_limits as l (budget, limit_name, leaked_at)
    select state.budget, n.limit_name, now_at
    from unnest(limit_names) as n (limit_name)
    on conflict do nothing;

    update ops.request_limits as l
    set
        spent = greatest(
            0,
            l.spent
            - n.per_second * greatest(0, extract(epoch from now_at - l.leaked_at))
        ),
        leaked_at = greatest(now_at, l.leaked_at)
    from unnest(limit_names, per_second) as n (limit_name, per_second)
    where l.budget = state.budget and l.limit_name = n.limit_name;

    -- a request that is heavier than all of a capacity is let through alone
    select
        greatest(0, max(s.wait_s)),
        array_agg(n.limit_name) filter (where s.wait_s > 0)
    into rate_s, short_of
    from
        unnest(limit_names, weights, per_second, capacities) as n (
            limit_name, weight, per_second, capacity
        )
    inner join ops.request_limits as l
        on l.budget = state.budget and n.limit_name = l.limit_name
    cross join
        lateral (
            select
                (l.spent + n.weight - greatest(n.capacity * (1 - kept), n.weight))
                / n.per_second as wait_s
        ) as s;

    delete from ops.request_waiters as w
    where w.budget = state.budget and w.expires_at <= now_at;

    if state.blocked_until > now_at then
        reason := 'paused: ' || state.blocked_for;
        wait_s := extract(epoch from state.blocked_until - now_at);
    elsif state.open_until > now_at then
        reason := 'circuit open';
        wait_s := extract(epoch from state.open_until - now_at);
    elsif state.open_until is not null and state.trial_until > now_at then
        reason := 'circuit on trial';
        wait_s := 0.1;
    elsif exists (
        select from ops.request_waiters as w
        where
            w.budget = state.budget
            and w.place < own_place
            and w.limit_names && acquire_request_budget.limit_names
    ) then
        reason := 'others first';
        wait_s := greatest(0.05, rate_s);
    elsif rate_s > 0 then
        reason := 'rate';
        wait_s := rate_s;
    end if;

    if wait_s > 0 and priority <> 'history' then
        insert into ops.request_waiters as w (
            budget, waiter, limit_names, place, expires_at
        )
        values (
            state.budget,
            acquire_request_budget.waiter,
            -- what it has enough of is free to others
            case
                when reason = 'rate' then short_of
                else acquire_request_budget.limit_names
            end,
            own_place,
            now_at + make_interval(secs => (least(wait_s, 10) + 2)::double precision)
        )
        on conflict (budget, waiter) do update set
            expires_at = excluded.expires_at, limit_names = excluded.limit_names;
    elsif wait_s = 0 then
        delete from ops.request_waiters as w
        where
            w.budget = state.budget
            and w.waiter = acquire_request_budget.waiter;
        update ops.request_limits as l
        set spent = l.spent + n.weight
        from unnest(limit_names, weights) as n (limit_name, weight)
        where l.budget = state.budget and l.limit_name = n.limit_name;
        -- a trial that its process never reports on ends by itself
        update ops.request_budgets as b
        set trial_until = now_at + interval '30 seconds'
        where b.budget = state.budget and b.open_until is not null;
        reason := 'granted';
    end if;

    wait_ms := ceil(wait_s * 1000);
    return next;
end
$$;

-- No request to the upstream for so many seconds, by any process (429, 418, Retry-After).
-- A pause that ends before the one that stands is no event.
create or replace function ops.pause_requests(
    budget text, seconds numeric, reason text
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    until constant timestamptz :=
        clock_timestamp() + make_interval(secs => seconds::double precision);
begin
    update ops.request_budgets as b
    set blocked_for = pause_requests.reason, blocked_until = until
    where
        b.budget = pause_requests.budget
        and (b.blocked_until > until) is not true;
    if found then
        perform ops.note_budget_event(budget, 'pause', until, reason);
    end if;
end
$$;

-- A request failed. After `threshold` failures in a row, or when a trial fails, the
-- circuit opens: for cool_down_s, twice as long each time, up to 32 times.
create or replace function ops.report_request_failure(
    budget text, reason text, threshold integer, cool_down_s numeric
)
returns timestamptz
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    state ops.request_budgets;
    opens boolean;
begin
    select b.* into state
    from ops.request_budgets as b
    where b.budget = report_request_failure.budget
    for update;

    -- while it is open, failures of requests under way change nothing
    opens := case
        when state.open_until > clock_timestamp() then false
        else state.open_until is not null or state.failures_count + 1 >= threshold
    end;
    if opens then
        state.open_until := clock_timestamp() + make_interval(
            secs => (cool_down_s * 2 ^ least(state.openings_count, 5))::double precision
        );
        perform ops.note_budget_event(state.budget, 'opening', state.open_until, reason);
    end if;
    update ops.request_budgets as b
    set
        failures_count = b.failures_count + 1,
        last_failure = report_request_failure.reason,
        openings_count = b.openings_count + opens::integer,
        trial_until = null,
        open_until = state.open_until
    where b.budget = state.budget;
    return state.open_until;
end
$$;

-- A request was answered: the circuit is closed.
create or replace function ops.report_request_success(budget text)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    open_until timestamptz;
begin
    select b.open_until into open_until
    from ops.request_budgets as b
    where b.budget = report_request_success.budget
    for update;
    if open_until is not null then
        perform ops.note_budget_event(budget, 'closing', open_until, null);
    end if;
    update ops.request_budgets as b
    set
        failures_count = 0,
        last_failure = null,
        openings_count = 0,
        open_until = null,
        trial_until = null
    where b.budget = report_request_success.budget;
end
$$;

revoke execute on function ops.acquire_request_budget(
    text, text[], numeric[], numeric[], numeric[], numeric, text, text
) from public;
revoke execute on function ops.pause_requests(text, numeric, text) from public;
revoke execute on function ops.report_request_failure(text, text, integer, numeric) from public;
revoke execute on function ops.report_request_success(text) from public;

grant execute on function ops.acquire_request_budget(
    text, text[], numeric[], numeric[], numeric[], numeric, text, text
) to loader;
grant execute on function ops.pause_requests(text, numeric, text) to loader;
grant execute on function ops.report_request_failure(text, text, integer, numeric) to loader;
grant execute on function ops.report_request_success(text) to loader;
grant select on ops.request_budgets, ops.request_limits, ops.request_waiters to loader, transformer;
