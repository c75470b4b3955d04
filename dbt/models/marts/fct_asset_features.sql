{{ config(materialized='view') }}

{{ asset_features_sql({
    'prices': ref('fct_prices'),
    'prices_known': ref('int_prices_known'),
    'settlements': ref('fct_funding'),
    'funding_known': ref('int_funding_known'),
    'sentiment': ref('fct_sentiment'),
    'attention': ref('fct_attention'),
    'index': ref('fct_fear_greed'),
}) }}
