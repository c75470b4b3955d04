{%- set token = ['chain_id', 'contract_address'] -%}
{%- set reads, canonical = ref('stg_evm__contract_reads'), ref('int_blocks_canonical') -%}
{{ config(
    unique_key=token,
    indexes=[
        {'columns': token, 'unique': true},
        {'columns': ['chain_id', 'token_address']},
        {'columns': ['changed_in']},
    ],
) }}

{%- set most_decimals = 77 %}

with

touched as (

    {{ touched_units(token, loads={reads: 'contract_address'}) }}
    {%- if reads_claims_only() %}
    union
    select
        reads.chain_id,
        reads.contract_address
    from {{ canonical }} as moved
    inner join {{ reads }} as reads
        on
            moved.chain_id = reads.chain_id
            and moved.block_hash = reads.block_hash
    where moved.changed_in = any({{ claimed_batches() }})
    {%- endif %}

),

results as (

    select
        *,
        case
            when call = 'decimals' then chain.uint256(result, 0)::text
            -- tokens of the first years answer bytes32, not a string
            when octet_length(result) = 32 then nullif(chain.utf8(rtrim(result, '\x00')), '')
            else nullif(chain.string(result, 0), '')
        end as answer
    from {{ rows_of(reads, token) }} as reads
    where
        call in ('decimals', 'name', 'symbol')
        and load_id in ({{ finished_loads('bronze_evm') }})

),

judged as (

    select
        results.*,
        case
            when blocks.is_canonical is false then 'it was read at a block that left the chain'
            when results.error is not null then results.error
            when coalesce(octet_length(results.result), 0) = 0 then 'an empty answer'
            when results.answer is null then 'no text or number'
            -- 256 bits hold 77 digits in full: nobody could own one token of more decimals
            when results.call = 'decimals' and results.answer::numeric > {{ most_decimals }}
                then results.answer || ' decimals'
        end as flaw
    from results
    left join {{ canonical }} as blocks
        on
            results.chain_id = blocks.chain_id
            and results.block_hash = blocks.block_hash

),

-- what was read last counts, of what could be read
standing as (

    select distinct on (chain_id, contract_address, call)
        chain_id,
        contract_address,
        call,
        flaw,
        case when flaw is null then answer end as answer
    from judged
    order by
        chain_id asc,
        contract_address asc,
        call asc,
        (flaw is not null) asc,
        block_number desc,
        received_at desc,
        flaw asc,
        answer asc

),

tokens as (

    select
        chain_id,
        contract_address,
        max(answer) filter (where call = 'symbol') as symbol,
        max(answer) filter (where call = 'name') as name,
        (max(answer) filter (where call = 'decimals'))::integer as decimals,
        count(answer) as answers_count,
        nullif(
            concat_ws(
                '; ',
                string_agg(call || ': ' || flaw, '; ' order by call),
                case when count(*) < 3 then 'not all of its calls were made' end
            ),
            ''
        ) as reason
    from standing
    group by
        chain_id,
        contract_address

),

told as (

    select
        chain_id,
        contract_address,
        chain.hex(contract_address) as token_address,
        symbol,
        name,
        decimals,
        case when answers_count = 3 then 'read' else 'incomplete' end as read_status,
        reason,
        {{ own_batch() }} as changed_in
    from tokens

)

select * from told
