{{ config_changes(
    source('config', 'chains'),
    {'chain': 'text'},
    {
        'chain_id': 'bigint', 'is_enabled': 'boolean', 'block_time_s': 'numeric(9, 3)',
        'finality': 'text', 'since_block': 'bigint', 'proof_level': 'text',
        'budget_share': 'numeric(9, 6)',
    },
) }}
