{{ config(
    unique_key=['exchange_id', 'symbol', 'valid_from'],
    meta={'recomputes': 'everything'},
) }}

{{ config_intervals(
    ref('stg_config__instruments'),
    'instruments',
    key=['exchange_id', 'symbol'],
    columns=['is_enabled', 'feeds', 'timeframes', 'since', 'priority'],
) }}
