-- Items that may be neighbours of others: one band of their hashes is equal, or their author
-- wrote within an hour of them.
-- $1 to $4 values of the bands; $5, $6 sources and authors, $7, $8 from and until when
with near as (
    select i.* from bronze_sentiment.text_items as i
    where i.band_1 = any($1::bigint[])

    union

    select i.* from bronze_sentiment.text_items as i
    where i.band_2 = any($2::bigint[])

    union

    select i.* from bronze_sentiment.text_items as i
    where i.band_3 = any($3::bigint[])

    union

    select i.* from bronze_sentiment.text_items as i
    where i.band_4 = any($4::bigint[])

    union

    select i.*
    from unnest($5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[])
        as a (source, author, first_at, last_at)
    inner join bronze_sentiment.text_items as i
        on
            a.source = i.source
            and a.author = i.author
            and a.first_at <= i.created_at
            and a.last_at >= i.created_at
)

select distinct
    n.source,
    n.item_id,
    n.text_hash,
    n.author,
    n.created_at,
    n.band_1,
    n.band_2,
    n.band_3,
    n.band_4
from near as n
where exists (
    select from ops.loads as l
    where l.schema_name = 'bronze_sentiment' and l.load_id = n._dlt_load_id
)
