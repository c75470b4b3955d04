{{ config(
    unique_key=['source', 'endpoint', 'subject', 'valid_from'],
    meta={'recomputes': 'everything'},
) }}

{{ config_intervals(
    ref('stg_config__sentiment_feeds'),
    'sentiment_feeds',
    key=['source', 'endpoint', 'subject'],
    columns=['is_enabled'],
) }}
