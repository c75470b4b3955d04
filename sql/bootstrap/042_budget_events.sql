-- What became of an upstream's request budget: the functions that change it note it here.

-- what stands of a warehouse of before is its first event
do $$
begin
    if to_regclass('ops.budget_events') is not null then
        return;
    end if;
    create table ops.budget_events (
        event_id bigint generated always as identity primary key,
        budget text not null,
        event text not null check (event in ('pause', 'opening', 'closing')),
        happened_at timestamptz not null,
        until_at timestamptz not null check (until_at >= happened_at),
        reason text,
        changed_in bigint not null
    );
    create index budget_events_changed_in_idx on ops.budget_events (changed_in);
    with standing as (
        select
            b.budget,
            s.event,
            s.until_at,
            s.reason
        from ops.request_budgets as b
        cross join
            lateral (
                values
                ('pause', b.blocked_until, b.blocked_for),
                ('opening', b.open_until, b.last_failure)
            ) as s (event, until_at, reason)
        where s.until_at > clock_timestamp()
    ),

    batch as (
        insert into ops.batches (feed)
        select 'budget_events'
        where exists (select from standing)
        returning batch_id
    )

    insert into ops.budget_events (
        budget, event, happened_at, until_at, reason, changed_in
    )
    select s.budget, s.event, clock_timestamp(), s.until_at, s.reason, batch.batch_id
    from standing as s
    cross join batch;
end
$$;

comment on table ops.budget_events is
'One row: a pause that an upstream asked for, or its circuit''s opening or closing; append-only.';
comment on column ops.budget_events.until_at is
'Until when no request was to be sent; of a closing, when the circuit would have been tried.';
comment on column ops.budget_events.changed_in is
'The batch of `ops.batches`, feed budget_events, by which models take it in.';

-- Notes what became of an upstream's budget, as a batch of its own.
create or replace function ops.note_budget_event(
    budget text, event text, until_at timestamptz, reason text
)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    with batch as (
        insert into ops.batches (feed) values ('budget_events') returning batch_id
    )

    insert into ops.budget_events (
        budget, event, happened_at, until_at, reason, changed_in
    )
    select
        note_budget_event.budget,
        note_budget_event.event,
        n.now_at,
        greatest(note_budget_event.until_at, n.now_at),
        note_budget_event.reason,
        batch.batch_id
    from batch
    cross join (select clock_timestamp() as now_at) as n
$$;

revoke execute on function ops.note_budget_event(
    text, text, timestamptz, text
) from public;

grant select on ops.budget_events to loader, transformer;
