{{ config(unique_key=['threshold', 'valid_from'], meta={'recomputes': 'everything'}) }}

{{ config_intervals(
    ref('stg_config__thresholds'),
    'thresholds',
    key=['threshold'],
    columns=['amount', 'meaning'],
) }}
