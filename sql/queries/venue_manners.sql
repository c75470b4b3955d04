-- How does each venue answer for candles, and where does it do otherwise than declared?
select
    exchange_id,
    market,
    answers_count,
    declared_sends_quiet_minutes,
    quiet_count,
    left_out_count,
    declared_window_minutes,
    window_minutes,
    round(late_count / nullif(newest_count, 0)::numeric, 4) as late_ratio,
    lag_minutes,
    off_grid_count,
    contradictions,
    suspicions
from gold.rpt_venue_manners
order by
    contradictions,
    exchange_id,
    market;
