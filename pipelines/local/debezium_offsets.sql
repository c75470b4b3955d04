-- Where the connector goes on: after the last transaction that was sent whole, with no
-- count of a part of the next one.
with offsets as (
    select
        o.*,
        o.offset_val::jsonb as told
    from debezium_offset_storage as o
),

counters as (
    select
        o.id,
        array_agg(c.counter order by c.counter asc) as names_of_counters
    from offsets as o
    cross join jsonb_object_keys(o.told) as c (counter)
    where starts_with(c.counter, 'transaction_')
    group by o.id
)

select
    o.id,
    o.offset_key,
    (
        (o.told - coalesce(c.names_of_counters, '{}'))
        || case
            when
                jsonb_typeof(o.told -> 'lsn_commit') = 'number'
                and o.told -> 'snapshot' is null
                then jsonb_build_object(
                    'lsn', o.told -> 'lsn_commit',
                    'lsn_proc', o.told -> 'lsn_commit',
                    'messageType', 'MESSAGE'
                )
            else '{}'
        end
    )::text as offset_val
from offsets as o
left join counters as c on o.id = c.id
order by o.record_insert_ts asc, o.record_insert_seq asc
