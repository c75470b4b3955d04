{{ config(materialized='view') }}

with

logs as (

    select * from {{ ref('stg_evm__logs') }}

),

-- others, too, have events of the names that WETH9 gave them
signed as (

    select
        logs.*,
        signatures.event,
        signatures.standard,
        signatures.indexed_count,
        num_nonnulls(logs.topic1, logs.topic2, logs.topic3) as topics_count,
        32 * (signatures.words_count - num_nonnulls(logs.topic1, logs.topic2, logs.topic3))
            as bytes_count
    from logs
    inner join {{ ref('event_signatures') }} as signatures on logs.topic0 = signatures.topic0
    where
        signatures.standard is distinct from 'weth9'
        or (logs.chain_id, logs.address) in (
            select
                wrapped_natives.chain_id,
                wrapped_natives.address
            from {{ ref('wrapped_natives') }} as wrapped_natives
            where wrapped_natives.wraps_by = 'deposit'
        )

),

-- The arguments stand in the topics first, then in the data; of a Transfer, the event with
-- no standard of its own, any number of them in the topics. With `offset 0` each is read
-- once for a log, not for each column that is made of it: 5 us a log, not 7.
named as (

    select
        signed.*,
        arguments.*
    from signed
    cross join
        lateral (
            select
                case
                    when signed.standard is null
                        then chain.address(coalesce(signed.topic1, signed.data), 0)
                    when signed.standard = 'erc1155' then chain.address(signed.topic2, 0)
                    when signed.event = 'Deposit' then {{ zero_address() }}
                    else chain.address(signed.topic1, 0)
                end as giver,
                case
                    when signed.standard = 'erc1155' then chain.address(signed.topic3, 0)
                    when signed.standard is not null
                        then
                            case
                                when signed.event = 'Withdrawal' then {{ zero_address() }}
                                else chain.address(signed.topic1, 0)
                            end
                    when signed.topic2 is not null then chain.address(signed.topic2, 0)
                    when signed.topic1 is not null then chain.address(signed.data, 0)
                    else chain.address(signed.data, 1)
                end as taker,
                case
                    when signed.event = 'TransferBatch'
                        then chain.uint256_array(signed.data, 0)
                end as token_ids,
                case
                    when signed.event = 'TransferBatch'
                        then chain.uint256_array(signed.data, 1)
                end as amounts
            from (values (0)) as log (place)
            order by log.place
            offset 0
        ) as arguments

),

-- most logs are told by the first branch
judged as (

    select
        *,
        case
            when
                standard is null
                and giver is not null
                and taker is not null
                and octet_length(data) = bytes_count
                then null
            when topics_count != indexed_count
                then topics_count || ' arguments are topics, not ' || indexed_count
            when octet_length(data) != bytes_count
                then octet_length(data) || ' bytes of data, not ' || bytes_count
            when
                giver is null
                or taker is null
                or (standard = 'erc1155' and chain.address(topic1, 0) is null)
                then 'an address has more than 20 bytes'
            when event != 'TransferBatch' then null
            when token_ids is null or amounts is null then 'an array is not all there'
            when cardinality(token_ids) != cardinality(amounts)
                then cardinality(token_ids) || ' ids and ' || cardinality(amounts) || ' amounts'
            when octet_length(data) != 128 + 64 * cardinality(amounts)
                then
                    octet_length(data) || ' bytes of data, not '
                    || 128 + 64 * cardinality(amounts)
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
        coalesce(items.item_number - 1, 0) as transfer_index,
        case
            when judged.standard = 'weth9' then 'erc20'
            when judged.standard is not null then judged.standard
            when judged.topic3 is not null then 'erc721'
            when judged.topic2 is not null then 'erc20'
        end as token_standard,
        case
            when judged.standard = 'weth9'
                then case when judged.event = 'Deposit' then 'wrap' else 'unwrap' end
            when judged.giver = judged.taker then 'transfer'
            when judged.giver != {{ zero_address() }} and judged.taker != {{ zero_address() }}
                then 'transfer'
            when
                (judged.chain_id, judged.address) in (
                    select
                        wrapped_natives.chain_id,
                        wrapped_natives.address
                    from {{ ref('wrapped_natives') }} as wrapped_natives
                    where wrapped_natives.wraps_by = 'mint'
                )
                then
                    case when judged.giver = {{ zero_address() }} then 'wrap' else 'unwrap' end
            when judged.giver = {{ zero_address() }} then 'mint'
            when judged.taker = {{ zero_address() }} then 'burn'
            else 'transfer'
        end as transfer_type,
        chain.hex(judged.giver) as from_address,
        chain.hex(judged.taker) as to_address,
        case
            when judged.standard is null then chain.uint256(judged.topic3, 0)
            when judged.event = 'TransferSingle' then chain.uint256(judged.data, 0)
            when judged.event = 'TransferBatch' then judged.token_ids[items.item_number]
        end::numeric(78, 0) as token_id,
        -- the last word of the data; of ERC-721 there is none
        case
            when octet_length(judged.data) = 32 then chain.uint256(judged.data, 0)
            when judged.event = 'TransferBatch' then judged.amounts[items.item_number]
            when judged.data = '' then 1
            else chain.uint256(judged.data, octet_length(judged.data) / 32 - 1)
        end::numeric(78, 0) as amount_raw
    from judged
    left join lateral generate_subscripts(judged.amounts, 1) as items (item_number) on true
    where
        judged.event != 'TransferBatch'
        or (judged.reason is null and items.item_number is not null)
        -- what is refused is one row, however many items it has
        or (judged.reason is not null and coalesce(items.item_number, 1) = 1)
)

select * from transfers
