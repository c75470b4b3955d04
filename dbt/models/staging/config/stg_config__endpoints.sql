{{ config_changes(
    source('config', 'endpoints'),
    {'endpoint': 'text'},
    {'setting': 'text', 'is_enabled': 'boolean'},
) }}
