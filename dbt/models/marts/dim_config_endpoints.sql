{{ config(unique_key=['endpoint', 'valid_from'], meta={'recomputes': 'everything'}) }}

{{ config_intervals('endpoints', key=['endpoint'], columns=['setting', 'is_enabled']) }}
