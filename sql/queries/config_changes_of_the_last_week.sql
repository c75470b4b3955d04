-- What changed in the configuration in the last week, by whom, and with which effect?
select
    committed_at,
    table_name,
    row_key,
    op,
    changes,
    login,
    application_name,
    outcome,
    reason,
    captured_ms,
    consumed_ms,
    applied_ms,
    first_row_ms
from gold.rpt_config_effects
where coalesce(committed_at, consumed_at) > now() - interval '7 days'
order by
    effect_id desc;
