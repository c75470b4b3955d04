with

source as (

    select * from {{ source('archive', 'book_depth') }}

),

bands as (

    {{ staged_file_rows_sql('snapshot_at', [
        "case when band_pct < 0 then 'bid' else 'ask' end as side",
        'abs(band_pct) as band_pct',
        'base_depth',
        'contracts_depth',
        'quote_depth',
    ]) }}

)

select * from bands
