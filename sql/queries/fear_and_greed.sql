-- How afraid was the market, week by week, and how far did the index swing within each?
select
    date_trunc('week', f.index_date::timestamp)::date as week_date,
    round(avg(f.index_value), 1) as mean_index,
    min(f.index_value)::integer as lowest,
    max(f.index_value)::integer as highest,
    count(*) as days_count,
    count(*) filter (where f.versions_count > 1) as revised_count
from gold.fct_fear_greed as f
group by date_trunc('week', f.index_date::timestamp)::date
order by week_date desc
limit 52;
