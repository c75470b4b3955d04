{{ config_changes(
    source('config', 'chain_endpoints'),
    {'chain': 'text', 'endpoint': 'text'},
    {
        'list_position': 'integer', 'precedence': 'integer', 'is_enabled': 'boolean',
        'provider': 'text', 'batch_size': 'integer', 'calls_per_second': 'numeric(12, 3)',
        'units_per_second': 'numeric(12, 3)', 'units_per_day': 'bigint',
        'units_per_month': 'bigint', 'lacks': 'text[]',
    },
) }}
