-- What was deleted or removed upstream loses its text here as well, as the upstreams' terms
-- ask; its row, scores and counts stay. Bronze is changed with the loader's own rights, and
-- what was done is handed on as values (docs/security.md).
create table if not exists ops.redactions (
    redaction_id bigint generated always as identity primary key,
    schema_name text not null,
    item_id text not null,
    reason text not null,
    texts_sha256 text[] not null,
    rows_count bigint not null,
    redacted_by text not null default session_user,
    redacted_at timestamptz not null default clock_timestamp()
);

create index if not exists redactions_item_idx
on ops.redactions (schema_name, item_id);

comment on table ops.redactions is
'One row: an item''s text was blanked in the rows of bronze that had it: who, why, its hashes.';
comment on column ops.redactions.reason is
'deleted: by its author; removed: by others.';
comment on column ops.redactions.texts_sha256 is
'SHA-256 of each title and text that was blanked, as hex, in order.';

-- Notes redactions; it runs with its owner's rights: who may call it writes no ledger himself.
create or replace function ops.note_redactions(
    schema_name text,
    item_ids text[],
    reasons text[],
    texts_sha256 text[],
    rows_counts bigint[]
)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
    insert into ops.redactions (schema_name, item_id, reason, texts_sha256, rows_count)
    select note_redactions.schema_name, n.item_id, n.reason, n.texts::text[], n.rows_count
    from unnest(
        note_redactions.item_ids,
        note_redactions.reasons,
        note_redactions.texts_sha256,
        note_redactions.rows_counts
    ) as n (item_id, reason, texts, rows_count)
$$;

-- Blanks the text of every item of a bronze schema that a later row calls deleted or removed;
-- how many items. Idempotent: what is blank is not blanked again.
create or replace function ops.redact_tombstones(schema_name text)
returns integer
language plpgsql
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    items text[];
    reasons text[];
    texts text[];
    counts bigint[];
begin
    if schema_name !~ '^bronze_[a-z0-9_]+$' then
        raise exception '% is not the name of a bronze schema', quote_literal(schema_name);
    end if;
    if to_regclass(format('%I.items', schema_name)) is null then
        return 0;
    end if;

    execute format(
        'with gone as (
            select i.item_id, min(i.tombstone) as reason
            from %1$I.items as i
            where i.tombstone is not null
            group by i.item_id
        ),

        affected as (
            select
                i.item_id,
                g.reason,
                i.title,
                i.text
            from %1$I.items as i
            inner join gone as g on i.item_id = g.item_id
            where
                coalesce(i.title, i.text, i.url, i.attributes, i.sealed_address)
                is not null
        ),

        said as (
            select a.item_id, t.said
            from affected as a
            cross join lateral unnest(array[a.title, a.text]) as t (said)
            where t.said is not null
        ),

        hashes as (
            select
                s.item_id,
                array_agg(
                    distinct encode(sha256(convert_to(s.said, ''UTF8'')), ''hex'')
                ) as hashes
            from said as s
            group by s.item_id
        ),

        counted as (
            select a.item_id, a.reason, count(*) as rows_count
            from affected as a
            group by a.item_id, a.reason
        )

        select
            array_agg(c.item_id order by c.item_id),
            array_agg(c.reason order by c.item_id),
            array_agg(coalesce(h.hashes, array[]::text[])::text order by c.item_id),
            array_agg(c.rows_count order by c.item_id)
        from counted as c
        left join hashes as h on c.item_id = h.item_id',
        schema_name
    ) into items, reasons, texts, counts;
    if items is null then
        return 0;
    end if;

    execute format(
        'update %I.items as i
        set title = null, text = null, url = null, attributes = null,
            sealed_address = null
        where i.item_id = any($1)',
        schema_name
    ) using items;
    perform ops.note_redactions(schema_name, items, reasons, texts, counts);
    return cardinality(items);
end
$$;

revoke all on function ops.note_redactions(text, text[], text[], text[], bigint[]) from public;
grant execute on function ops.note_redactions(
    text, text[], text[], text[], bigint[]
) to loader;
revoke all on function ops.redact_tombstones(text) from public;
grant execute on function ops.redact_tombstones(text) to loader;
grant select on ops.redactions to loader, transformer;
