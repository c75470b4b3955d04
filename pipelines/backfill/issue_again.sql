-- Issue the finished loads that brought rows of a span again, each under its own batch,
-- for every model to take in; how many they are. `spoken_for` are their load ids by schema.
with spoken_for as (
    {spoken_for}
),

again as (
    select
        loaded.batch_id,
        loaded.schema_name,
        loaded.load_id
    from ops.loads as loaded
    inner join spoken_for
        on
            loaded.load_id = spoken_for.load_id
            and loaded.schema_name = spoken_for.schema_name
),

-- what some model has not taken in yet stands there still
forgotten as (
    delete from ops.consumed_batches as consumed
    using again
    where consumed.batch_id = again.batch_id
),

issued as (
    insert into ops.batches (batch_id, feed, load_id)
    overriding system value
    select
        again.batch_id,
        again.schema_name,
        again.load_id
    from again
    on conflict do nothing
)

select count(*) from again
