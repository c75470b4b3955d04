{#-
The changes of a config table with their time: when they were committed, or else when
the snapshot that told them was read, or else when we received them; and with their
effective LSN. What was streamed after a snapshot's rows was committed after it was
taken, though a transaction that was open then had written it to the log before: its
effective LSN is the snapshot's. An offset that was given anew, after a log was cut, is
told by Debezium's time. `placed.sql` of the source orders bronze so, too.
-#}
{% macro timed_config_changes(changes) -%}
    with

    told as (

        select * from {{ changes }}

    ),

    snapshots as materialized (

        select
            topic_id,
            topic_partition,
            lsn,
            min(topic_offset) as topic_offset,
            min(captured_at) as captured_at
        from told
        where op = 'r'
        group by
            topic_id,
            topic_partition,
            lsn

    )

    select
        told.*,
        greatest(told.lsn, last_read.lsn) as effective_lsn,
        coalesce(
            told.committed_at,
            min(told.committed_at) filter (where told.op = 'r') over (partition by told.lsn),
            told.received_at
        ) as known_at
    from told
    left join
        lateral (
            select max(snapshots.lsn) as lsn
            from snapshots
            where
                told.op <> 'r'
                and snapshots.topic_id = told.topic_id
                and snapshots.topic_partition = told.topic_partition
                and snapshots.lsn > told.lsn
                and snapshots.topic_offset < told.topic_offset
                and (snapshots.captured_at > told.captured_at) is not true
        ) as last_read
        on true
{%- endmacro %}
