-- In which hours was an asset spoken of far more than at that hour of the weeks before?
select
    a.hour_at,
    a.asset,
    a.mentions_count,
    a.mentions_median,
    round(a.attention, 2) as attention,
    a.sources,
    a.known_at,
    a.is_assumed
from gold.fct_attention as a
where
    a.attention >= 3
    and a.mentions_count >= 5
order by
    a.hour_at desc,
    a.attention desc,
    a.asset asc
limit 50;
