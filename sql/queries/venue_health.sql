-- Which venues failed, throttled us, stood still or were behind in each hour of the last day?
with

last_day as (

    select max(minute_at) - interval '1 day' as began_at
    from gold.fct_exchange_health

)

select
    health.exchange_id,
    date_trunc('hour', health.minute_at) as hour_at,
    sum(health.requests_count) as requests_count,
    round(sum(health.answered_count) / nullif(sum(health.requests_count), 0), 4)
        as answered_ratio,
    sum(health.throttled_count) as throttled_count,
    sum(health.failed_count + health.unanswered_count) as failed_count,
    sum(health.retries_count) as retries_count,
    sum(health.weight_spent) as weight_spent,
    max(health.limit_ratio) as fullest_limit_ratio,
    sum(health.paused_seconds) as paused_seconds,
    sum(health.openings_count) as openings_count,
    max(health.latency_p95_ms) as worst_latency_p95_ms,
    max(health.age_max_minutes) as oldest_series_minutes
from gold.fct_exchange_health as health
cross join last_day
where health.minute_at > last_day.began_at
group by
    health.exchange_id,
    date_trunc('hour', health.minute_at)
order by
    health.exchange_id,
    date_trunc('hour', health.minute_at);
