-- How complete, right, timely and consistent were the candles of each series, day by day?
select
    scope as exchange_id,
    subject as symbol,
    (hour_at at time zone 'UTC')::date as day_at,
    round(sum(held_count) / nullif(sum(expected_count), 0), 6) as completeness_ratio,
    sum(proven_count) as proven_count,
    sum(failed_count) as failed_count,
    sum(compared_count) as compared_count,
    sum(disagreements_count) as differing_count,
    max(distance_max_bps) as furthest_bps,
    max(delay_p95_s) as worst_delay_p95_s,
    max(archive_delay_s) as archive_delay_s,
    sum(broken_count) as broken_count,
    sum(anomalies_count) as anomalies_count
from gold.rpt_data_quality
where feed = 'candles'
group by
    scope,
    subject,
    (hour_at at time zone 'UTC')::date
order by
    scope,
    subject,
    (hour_at at time zone 'UTC')::date;
