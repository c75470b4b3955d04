-- One request budget per venue for all processes on the warehouse: a leaky bucket, a
-- queue in which a new series goes first, live next, history last, a shared pause and a
-- shared circuit breaker.
-- Nothing in it is held by a process, so a killed one leaves nothing behind.
create table if not exists ops.venue_budgets (
    exchange_id text primary key,
    spent numeric not null default 0,
    leaked_at timestamptz not null default clock_timestamp(),
    blocked_until timestamptz,
    blocked_for text,
    failures_count integer not null default 0,
    last_failure text,
    openings_count integer not null default 0,
    open_until timestamptz,
    trial_until timestamptz
);

create table if not exists ops.venue_waiters (
    exchange_id text not null references ops.venue_budgets (exchange_id),
    waiter text not null,
    expires_at timestamptz not null,
    primary key (exchange_id, waiter)
);

-- a warehouse that was made before has the table without it
alter table ops.venue_waiters add column if not exists place integer not null default 2;

comment on table ops.venue_budgets is
'One row: a venue''s request budget as it stood at leaked_at, its pause and its circuit breaker.';
comment on table ops.venue_waiters is
'One row: a request that waits for budget; those of a later place stand back until it expires.';
comment on column ops.venue_waiters.place is
'1: a series that was just configured; 2: live; 3: history, which is not noted.';

-- Spend `weight` of the venue's budget now, or say how long to wait and why. In any
-- window no more than capacity + per_second * window is granted, by whichever process.
-- `priority` is first, live or history: none is served while one of an earlier place
-- waits, and history leaves `reserve` of the capacity to the others.
create or replace function ops.acquire_request_budget(
    exchange_id text,
    weight numeric,
    priority text,
    per_second numeric,
    capacity numeric,
    reserve numeric,
    waiter text
)
returns table (wait_ms bigint, reason text, failures_count integer, last_failure text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    budget ops.venue_budgets;
    now_at timestamptz;
    room numeric := greatest(capacity, weight);
    left_over numeric;
    wait_s numeric := 0;
    places constant text[] := array['first', 'live', 'history'];
    own_place integer := array_position(places, priority);
begin
    if own_place is null then
        raise exception 'unknown priority %; known: %', priority, places
        using errcode = 'invalid_parameter_value';
    end if;

    insert into ops.venue_budgets as b (exchange_id)
    values (acquire_request_budget.exchange_id)
    on conflict do nothing;

    select b.* into strict budget
    from ops.venue_budgets as b
    where b.exchange_id = acquire_request_budget.exchange_id
    for update;

    -- after the lock: what others spent while this one waited for it counts
    now_at := clock_timestamp();
    failures_count := budget.failures_count;
    last_failure := budget.last_failure;
    left_over := greatest(
        0,
        budget.spent
        - per_second * greatest(0, extract(epoch from now_at - budget.leaked_at))
    );

    delete from ops.venue_waiters as w
    where w.exchange_id = budget.exchange_id and w.expires_at <= now_at;

    if priority = 'history' then
        room := greatest(capacity - reserve, weight);
    end if;

    if budget.blocked_until > now_at then
        reason := 'paused: ' || budget.blocked_for;
        wait_s := extract(epoch from budget.blocked_until - now_at);
    elsif budget.open_until > now_at then
        reason := 'circuit open';
        wait_s := extract(epoch from budget.open_until - now_at);
    elsif budget.open_until is not null and budget.trial_until > now_at then
        reason := 'circuit on trial';
        wait_s := 0.1;
    elsif exists (
        select from ops.venue_waiters as w
        where w.exchange_id = budget.exchange_id and w.place < own_place
    ) then
        reason := 'others first';
        wait_s := greatest(0.05, (left_over + weight - room) / per_second);
    elsif left_over + weight > room then
        reason := 'rate';
        wait_s := (left_over + weight - room) / per_second;
    end if;

    if wait_s > 0 and priority <> 'history' then
        insert into ops.venue_waiters as w (exchange_id, waiter, expires_at, place)
        values (
            budget.exchange_id,
            acquire_request_budget.waiter,
            now_at + make_interval(secs => (least(wait_s, 10) + 2)::double precision),
            own_place
        )
        on conflict (exchange_id, waiter) do update set expires_at = excluded.expires_at;
    elsif wait_s = 0 then
        delete from ops.venue_waiters as w
        where
            w.exchange_id = budget.exchange_id
            and w.waiter = acquire_request_budget.waiter;
        update ops.venue_budgets as b
        set
            spent = left_over + acquire_request_budget.weight,
            leaked_at = now_at,
            -- a trial that its process never reports on ends by itself
            trial_until = case
                when b.open_until is not null then now_at + interval '30 seconds'
            end
        where b.exchange_id = budget.exchange_id;
        reason := 'granted';
    end if;

    wait_ms := ceil(wait_s * 1000);
    return next;
end
$$;

-- No request to the venue for so many seconds, by any process (429, 418, Retry-After).
create or replace function ops.pause_venue(
    exchange_id text, seconds numeric, reason text
)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    update ops.venue_budgets as b
    set
        blocked_for = case
            when b.blocked_until > u.until then b.blocked_for
            else pause_venue.reason
        end,
        blocked_until = greatest(b.blocked_until, u.until)
    from (
        select clock_timestamp() + make_interval(secs => seconds::double precision) as until
    ) as u
    where b.exchange_id = pause_venue.exchange_id
$$;

-- A request failed. After `threshold` failures in a row, or when a trial fails, the
-- circuit opens: for cool_down_s, twice as long each time, up to 32 times.
create or replace function ops.report_venue_failure(
    exchange_id text, reason text, threshold integer, cool_down_s numeric
)
returns timestamptz
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    update ops.venue_budgets as b
    set
        failures_count = b.failures_count + 1,
        last_failure = report_venue_failure.reason,
        openings_count = b.openings_count + n.opens,
        trial_until = null,
        open_until = case
            when n.opens = 1 then
                clock_timestamp() + make_interval(
                    secs => (cool_down_s * 2 ^ least(b.openings_count, 5))::double precision
                )
            else b.open_until
        end
    from (
        select
            o.exchange_id,
            -- while it is open, failures of requests under way change nothing
            case
                when o.open_until > clock_timestamp() then 0
                when o.open_until is not null or o.failures_count + 1 >= threshold then 1
                else 0
            end as opens
        from ops.venue_budgets as o
        where o.exchange_id = report_venue_failure.exchange_id
        for update
    ) as n
    where b.exchange_id = n.exchange_id
    returning b.open_until
$$;

-- A request was answered: the circuit is closed.
create or replace function ops.report_venue_success(exchange_id text)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    update ops.venue_budgets as b
    set
        failures_count = 0,
        last_failure = null,
        openings_count = 0,
        open_until = null,
        trial_until = null
    where b.exchange_id = report_venue_success.exchange_id
$$;

revoke execute on function ops.acquire_request_budget(
    text, numeric, text, numeric, numeric, numeric, text
) from public;
revoke execute on function ops.pause_venue(text, numeric, text) from public;
revoke execute on function ops.report_venue_failure(text, text, integer, numeric) from public;
revoke execute on function ops.report_venue_success(text) from public;

grant execute on function ops.acquire_request_budget(
    text, numeric, text, numeric, numeric, numeric, text
) to loader;
grant execute on function ops.pause_venue(text, numeric, text) to loader;
grant execute on function ops.report_venue_failure(text, text, integer, numeric) to loader;
grant execute on function ops.report_venue_success(text) to loader;
grant select on ops.venue_budgets, ops.venue_waiters to loader, transformer;
