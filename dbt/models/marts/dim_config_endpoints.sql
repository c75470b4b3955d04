{{ config(unique_key=['endpoint', 'valid_from'], meta={'recomputes': 'everything'}) }}

{{ config_intervals(
    ref('stg_config__endpoints'),
    'endpoints',
    key=['endpoint'],
    columns=['setting', 'is_enabled'],
) }}
