with

source as (

    select * from {{ source('archive', 'option_summaries') }}

),

summaries as (

    {{ staged_file_rows_sql('hour_at', [
        'hour_at_ms + 3600000 as quoted_at_ms',
        'option_name::text as option_name',
        'open',
        'high',
        'low',
        'close',
        'contracts',
        'quote_volume',
        'bid',
        'bid_amount',
        'ask',
        'ask_amount',
        '100 * bid_iv as bid_iv',
        '100 * ask_iv as ask_iv',
        'mark_price',
        '100 * mark_iv as mark_iv',
        'delta',
        'gamma',
        'vega',
        'theta',
        'open_interest',
        'open_interest_value',
    ]) }}

)

select * from summaries
