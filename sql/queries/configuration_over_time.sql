-- How was the warehouse configured, from when until when, and who made it so?
with

rows_over_time as (

    select
        'exchanges' as table_name,
        exchange_id as row_name,
        jsonb_build_object(
            'is_enabled', is_enabled,
            'budget_share', budget_share,
            'market_types', market_types
        ) as columns_then,
        valid_from,
        valid_to,
        opened_by_login,
        opened_by_application
    from gold.dim_config_exchanges
    union all
    select
        'instruments' as table_name,
        exchange_id || ' ' || symbol as row_name,
        jsonb_build_object(
            'is_enabled', is_enabled,
            'feeds', feeds,
            'timeframes', timeframes,
            'since', since,
            'priority', priority
        ) as columns_then,
        valid_from,
        valid_to,
        opened_by_login,
        opened_by_application
    from gold.dim_config_instruments
    union all
    select
        'endpoints' as table_name,
        endpoint as row_name,
        jsonb_build_object('setting', setting, 'is_enabled', is_enabled) as columns_then,
        valid_from,
        valid_to,
        opened_by_login,
        opened_by_application
    from gold.dim_config_endpoints
    union all
    select
        'thresholds' as table_name,
        threshold as row_name,
        jsonb_build_object('amount', trim_scale(amount), 'meaning', meaning) as columns_then,
        valid_from,
        valid_to,
        opened_by_login,
        opened_by_application
    from gold.dim_config_thresholds
    union all
    select
        'chains' as table_name,
        chain as row_name,
        jsonb_build_object(
            'chain_id', chain_id,
            'is_enabled', is_enabled,
            'block_time_s', trim_scale(block_time_s),
            'finality', finality,
            'since_block', since_block,
            'proof_level', proof_level,
            'budget_share', budget_share
        ) as columns_then,
        valid_from,
        valid_to,
        opened_by_login,
        opened_by_application
    from gold.dim_config_chains
    union all
    select
        'chain_endpoints' as table_name,
        chain || ' ' || endpoint as row_name,
        jsonb_build_object(
            'list_position', list_position,
            'precedence', precedence,
            'is_enabled', is_enabled,
            'provider', provider,
            'units_per_day', units_per_day,
            'lacks', lacks
        ) as columns_then,
        valid_from,
        valid_to,
        opened_by_login,
        opened_by_application
    from gold.dim_config_chain_endpoints
    union all
    select
        'sentiment_feeds' as table_name,
        concat_ws(' ', source, endpoint, subject) as row_name,
        jsonb_build_object('is_enabled', is_enabled) as columns_then,
        valid_from,
        valid_to,
        opened_by_login,
        opened_by_application
    from gold.dim_config_sentiment_feeds

)

select *
from rows_over_time
order by
    table_name,
    row_name,
    valid_from;
