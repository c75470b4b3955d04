{%- set token = ['chain_id', 'contract_address'] -%}
{{ config(
    unique_key=token,
    meta={'lookups': ['event_signatures', 'wrapped_natives']},
    indexes=[
        {'columns': token, 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

with

tokens as (

    select distinct
        chain_id,
        token as contract_address
    from {{ ref('int_transfers_decoded') }}
    where
        reason is null
        and {{ loads_to_read('bronze_evm') }}

),

addressed as (

    select
        chain_id,
        contract_address,
        chain.hex(contract_address) as token_address,
        {{ own_batch() }} as changed_in
    from tokens

)

select * from addressed
