{{ config_changes(
    source('config', 'sentiment_feeds'),
    {'source': 'text', 'endpoint': 'text', 'subject': 'text'},
    {'is_enabled': 'boolean'},
) }}
