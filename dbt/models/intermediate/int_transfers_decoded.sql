{{ config(materialized='view') }}

with

logs as (

    select
        *,
        num_nonnulls(topic1, topic2, topic3) as topics_count
    from {{ ref('stg_evm__logs') }}

),

-- others, too, have events of the names that WETH9 gave them
signed as (

    select
        logs.*,
        signatures.event,
        signatures.indexed_count,
        signatures.words_count,
        coalesce(wrapped_natives.wraps_by = 'mint', false) as is_wrapped_by_mint,
        32 * (signatures.words_count - logs.topics_count) as bytes_count,
        case
            when signatures.event != 'Transfer' then signatures.standard
            when logs.topics_count = 2 then 'erc20'
            when logs.topics_count = 3 then 'erc721'
        end as standard
    from logs
    inner join {{ ref('event_signatures') }} as signatures on logs.topic0 = signatures.topic0
    left join {{ ref('wrapped_natives') }} as wrapped_natives
        on
            logs.chain_id = wrapped_natives.chain_id
            and logs.address = wrapped_natives.address
    where
        signatures.standard is distinct from 'weth9'
        or wrapped_natives.wraps_by = 'deposit'

),

-- the arguments are in the topics first, then in the data
named as (

    select
        *,
        case
            when event = 'Deposit' then {{ zero_address() }}
            when standard = 'erc1155' then chain.address(topic2, 0)
            else chain.address(coalesce(topic1, chain.bytes32(data, 0)), 0)
        end as giver,
        case
            when event = 'Withdrawal' then {{ zero_address() }}
            when event = 'Deposit' then chain.address(topic1, 0)
            when standard = 'erc1155' then chain.address(topic3, 0)
            else chain.address(coalesce(topic2, chain.bytes32(data, 1 - topics_count)), 0)
        end as taker
    from signed

),

judged as (

    select
        *,
        case
            when topics_count != indexed_count
                then topics_count || ' arguments are topics, not ' || indexed_count
            when octet_length(data) != bytes_count
                then octet_length(data) || ' bytes of data, not ' || bytes_count
            when
                giver is null
                or taker is null
                or (standard = 'erc1155' and chain.address(topic1, 0) is null)
                then 'an address has more than 20 bytes'
            when event = 'TransferBatch' then {{ batch_flaw('data') }}
        end as reason
    from named

),

transfers as (

    select
        judged.chain_id,
        judged.block_number,
        judged.block_hash,
        judged.transaction_hash,
        judged.transaction_index,
        judged.log_index,
        judged.event,
        judged.address as token,
        judged.reason,
        judged.request_id,
        judged.load_id,
        judged.delivery_file,
        judged.delivery_row,
        coalesce(items.item_number - 1, 0)::integer as transfer_index,
        case when judged.standard = 'weth9' then 'erc20' else judged.standard end
            as token_standard,
        case
            when judged.event = 'Deposit' then 'wrap'
            when judged.event = 'Withdrawal' then 'unwrap'
            when judged.giver = judged.taker then 'transfer'
            when judged.giver = {{ zero_address() }}
                then case when judged.is_wrapped_by_mint then 'wrap' else 'mint' end
            when judged.taker = {{ zero_address() }}
                then case when judged.is_wrapped_by_mint then 'unwrap' else 'burn' end
            else 'transfer'
        end as transfer_type,
        chain.hex(judged.giver) as from_address,
        chain.hex(judged.taker) as to_address,
        case
            when judged.standard = 'erc721' then chain.uint256(judged.topic3, 0)
            when judged.event = 'TransferSingle' then chain.uint256(judged.data, 0)
            when judged.event = 'TransferBatch' then items.token_id
        end::numeric(78, 0) as token_id,
        case
            when judged.standard = 'erc721' then 1
            when judged.event = 'TransferBatch' then items.amount_raw
            else
                chain.uint256(
                    judged.data, (judged.words_count - judged.topics_count - 1)::integer
                )
        end::numeric(78, 0) as amount_raw
    from judged
    left join
        lateral unnest(
            case
                when judged.event = 'TransferBatch' and judged.reason is null
                    then chain.uint256_array(judged.data, 0)
            end,
            case
                when judged.event = 'TransferBatch' and judged.reason is null
                    then chain.uint256_array(judged.data, 1)
            end
        ) with ordinality as items (token_id, amount_raw, item_number)
        on true
    where
        judged.event != 'TransferBatch'
        or judged.reason is not null
        or items.item_number is not null

)

select * from transfers
