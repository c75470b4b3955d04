{{ config(unique_key=['threshold', 'valid_from'], meta={'recomputes': 'everything'}) }}

{{ config_intervals('thresholds', key=['threshold'], columns=['amount', 'meaning']) }}
