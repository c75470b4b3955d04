{{ config(materialized='view') }}

with

finalized as (

    {{ finalized_sql(ref('fct_transactions'), ref('int_blocks_finalized')) }}

)

select * from finalized
