-- How complete, right, timely and consistent was each feed, day by day?
select
    scope,
    feed,
    (hour_at at time zone 'UTC')::date as day_at,
    count(distinct subject) as subjects_count,
    round(sum(held_count) filter (where expected_count > 0) / sum(nullif(expected_count, 0)), 6)
        as completeness_ratio,
    round(min(accuracy_ratio), 6) as least_accuracy_ratio,
    round(min(consistency_ratio), 6) as least_consistency_ratio,
    max(delay_p50_s) as worst_delay_p50_s,
    max(delay_p95_s) as worst_delay_p95_s,
    sum(anomalies_count) as anomalies_count
from gold.rpt_data_quality
group by
    scope,
    feed,
    (hour_at at time zone 'UTC')::date
order by
    scope,
    feed,
    (hour_at at time zone 'UTC')::date;
