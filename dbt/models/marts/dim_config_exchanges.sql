{{ config(unique_key=['exchange_id', 'valid_from'], meta={'recomputes': 'everything'}) }}

{{ config_intervals(
    ref('stg_config__exchanges'),
    'exchanges',
    key=['exchange_id'],
    columns=['is_enabled', 'budget_share', 'market_types'],
) }}
