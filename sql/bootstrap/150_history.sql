-- Gold as it was known: of marts that say `history_days`, what a run of their model changed
-- or took away stands in a table of this schema that has the mart's name, and which run
-- could be read since when in `history.runs`. dbt makes the tables (its macro keep_history).
create schema if not exists history authorization transformer;

create table if not exists history.runs (
    relation text not null,
    batch_id bigint not null,
    known_at timestamptz,
    primary key (relation, batch_id)
);

comment on table history.runs is
'One row: a run that changed a mart whose history is kept.';
comment on column history.runs.batch_id is
'As `changed_in` of the rows that it made, and `ended_in` of those that it ended.';
comment on column history.runs.known_at is
'When its rows were seen to be committed; null until then, and never before they were.';

-- The last run of a mart that could be read at an instant.
create or replace function history.run_at(relation text, at timestamptz)
returns bigint
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    found bigint := (
        select max(r.batch_id)
        from history.runs as r
        where r.relation = run_at.relation and r.known_at <= run_at.at
    );
begin
    if found is null then
        raise exception 'the history of % does not reach back to %', relation, at using
            errcode = 'invalid_parameter_value',
            detail = format('It begins at %s.', coalesce((
                select min(r.known_at)::text
                from history.runs as r
                where r.relation = run_at.relation
            ), 'the end of its next run'));
    end if;
    return found;
end
$$;

-- For triggers of a mart: what a statement changed or took away goes to its history.
create or replace function history.keep()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    -- null, or empty where a run of the session has ended: nobody's run, a repair by hand
    run bigint := nullif(current_setting('bullion.own_batch', true), '')::bigint;
begin
    if run is not null then
        execute format(
            'insert into history.%I select ended.*, $1 from ended', tg_table_name
        )
        using run;
    end if;
    return null;
end
$$;

-- Forget what ended longer ago than is kept, but for the run that the rest begins with.
create or replace function history.age(mart text, kept interval)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    first_run bigint := (
        select max(r.batch_id)
        from history.runs as r
        where r.relation = mart and r.known_at < clock_timestamp() - kept
    );
begin
    if first_run is not null then
        delete from history.runs as r
        where r.relation = mart and r.batch_id < first_run;
        execute format('delete from history.%I where ended_in <= $1', mart) using first_run;
    end if;
end
$$;

revoke all on all functions in schema history from public;
grant execute on function history.run_at(text, timestamptz) to transformer, analyst;
grant execute on function history.keep(), history.age(text, interval) to transformer;
grant select, insert, update, delete on history.runs to transformer;
grant usage on schema history to analyst;
grant select on history.runs to analyst;
