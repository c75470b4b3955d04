-- How was each asset spoken of, day by day, by how many, and how much of it was spam?
select
    (s.hour_at at time zone 'UTC')::date as said_date,
    s.asset,
    sum(s.items_count)::bigint as items_count,
    sum(s.spam_count)::bigint as spam_count,
    sum(s.unscored_count)::bigint as unscored_count,
    round(
        sum(s.compound_mean * s.scored_count) / nullif(sum(s.scored_count), 0), 4
    ) as mean_compound
from gold.fct_sentiment as s
group by
    (s.hour_at at time zone 'UTC')::date,
    s.asset
order by
    said_date desc,
    items_count desc,
    s.asset asc
limit 50;
