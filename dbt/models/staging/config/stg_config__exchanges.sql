{{ config_changes(
    source('config', 'exchanges'),
    {'exchange_id': 'text'},
    {'is_enabled': 'boolean', 'budget_share': 'numeric(9, 6)', 'market_types': 'text[]'},
) }}
