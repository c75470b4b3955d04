{{ config(unique_key=['chain', 'valid_from'], meta={'recomputes': 'everything'}) }}

{{ config_intervals(
    ref('stg_config__chains'),
    'chains',
    key=['chain'],
    columns=[
        'chain_id', 'is_enabled', 'block_time_s', 'finality', 'since_block', 'proof_level',
        'budget_share',
    ],
) }}
