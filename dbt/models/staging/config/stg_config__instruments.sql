{{ config_changes(
    source('config', 'instruments'),
    {'exchange_id': 'text', 'symbol': 'text'},
    {
        'since': 'text', 'priority': 'text', 'is_enabled': 'boolean', 'feeds': 'text[]',
        'timeframes': 'text[]',
    },
) }}
