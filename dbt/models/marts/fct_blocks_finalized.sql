{{ config(materialized='view') }}

with

finalized as (

    {{ finalized_sql(ref('fct_blocks'), ref('int_blocks_finalized')) }}

)

select * from finalized
