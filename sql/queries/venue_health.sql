-- Which venues failed, throttled us or were slow in each hour of the last day?
with

last_day as (

    select max(minute_at) - interval '1 day' as began_at
    from gold.fct_exchange_health

)

select
    health.exchange_id,
    date_trunc('hour', health.minute_at) as hour_at,
    sum(health.requests_count) as requests_count,
    round(sum(health.answered_count) / sum(health.requests_count), 4) as answered_ratio,
    sum(health.throttled_count) as throttled_count,
    sum(health.failed_count + health.unanswered_count) as failed_count,
    sum(health.retries_count) as retries_count,
    sum(health.weight_spent) as weight_spent,
    max(health.latency_p95_ms) as worst_latency_p95_ms
from gold.fct_exchange_health as health
cross join last_day
where health.minute_at > last_day.began_at
group by
    health.exchange_id,
    date_trunc('hour', health.minute_at)
order by
    health.exchange_id,
    date_trunc('hour', health.minute_at);
