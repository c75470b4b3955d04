{{ config_changes(
    source('config', 'thresholds'),
    {'threshold': 'text'},
    {'amount': 'numeric(38, 18)', 'meaning': 'text'},
) }}
