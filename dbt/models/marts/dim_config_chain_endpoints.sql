{{ config(
    unique_key=['chain', 'endpoint', 'valid_from'],
    meta={'recomputes': 'everything'},
) }}

{{ config_intervals(
    ref('stg_config__chain_endpoints'),
    'chain_endpoints',
    key=['chain', 'endpoint'],
    columns=[
        'list_position', 'precedence', 'is_enabled', 'provider', 'batch_size',
        'calls_per_second', 'units_per_second', 'units_per_day', 'units_per_month', 'lacks',
    ],
) }}
