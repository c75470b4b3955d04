-- Texts of finished loads that a set of scorers has not looked at, a row a reading of an item.
-- $1 schema, $2 and $3 numbers of loads [from, until), $4 source, $5 the set, $6 how many
with texts as (
    select
        l.batch_id,
        ({item_id})::text as item_id,
        ({text}) as text,
        ({author})::text as author,
        ({created_at})::timestamptz as created_at,
        ({received_at})::timestamptz as received_at,
        t.delivery_file,
        t.delivery_row
    from ops.loads as l
    inner join {relation} as t on l.load_id = t._dlt_load_id
    where l.schema_name = $1 and l.batch_id >= $2 and l.batch_id < $3
)

select
    t.batch_id,
    t.item_id,
    t.text,
    t.author,
    t.created_at,
    t.received_at
from texts as t
-- each by the index: as an anti-join it was seen to read all items for each text
left join lateral (
    select i.item_id
    from bronze_sentiment.text_items as i
    inner join ops.loads as l
        on l.schema_name = 'bronze_sentiment' and i._dlt_load_id = l.load_id
    where
        i.source = $4
        and i.item_id = t.item_id
        and i.received_at = t.received_at
        and i.scored_by = $5
    limit 1
) as held on true
where
    t.text <> ''
    and t.item_id is not null
    and t.received_at is not null
    and held.item_id is null
order by t.batch_id, t.delivery_file, t.delivery_row
limit $6
