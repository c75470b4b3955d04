insert into bronze_evm.blocks (
    chain_id, block_number, block_at_s, gas_limit, gas_used, transactions_count,
    logs_count, base_fee_per_gas, block_hash, parent_hash, sha3_uncles, miner, state_root,
    transactions_root, receipts_root, logs_bloom, extra_data, endpoint, origin, request_id,
    received_at, _dlt_load_id, delivery_file, delivery_row
)
select
    1,
    number,
    1700000000 + 12 * number,
    30000000,
    15000000,
    %(logs)s / 2,
    %(logs)s,
    '9000000000',
    decode(md5('block' || number || %(branch)s) || md5('hash' || number), 'hex'),
    coalesce(
        (  -- the first block stands on what is held, of whichever branch
            select held.block_hash
            from bronze_evm.blocks as held
            where
                held.chain_id = 1
                and held.block_number = %(first)s::bigint - 1
                and number = %(first)s
            order by held.received_at desc
            limit 1
        ),
        decode(md5('block' || number - 1 || %(branch)s) || md5('hash' || number - 1), 'hex')
    ),
    sha256('uncles'),
    substr(sha256('miner'), 1, 20),
    sha256('state'),
    sha256('transactions'),
    sha256('receipts'),
    decode(repeat('00', 256), 'hex'),
    ''::bytea,
    'public',
    'ethereum/public',
    %(load)s::text || '-' || number,
    clock_timestamp(),
    %(load)s::text,
    %(load)s::text || '.blocks.csv',
    number
from generate_series(%(first)s::bigint, %(end)s::bigint - 1) as s (number);
insert into bronze_evm.transactions (
    chain_id, block_number, transaction_index, transaction_type, nonce, gas, block_hash,
    transaction_hash, from_address, to_address, input, value, gas_price, receipt_status,
    receipt_gas_used, receipt_cumulative_gas_used, receipt_effective_gas_price, endpoint,
    origin, request_id, received_at, _dlt_load_id, delivery_file, delivery_row
)
select
    1,
    2 * number / %(logs)s,
    number %% (%(logs)s / 2),
    2,
    number,
    200000,
    decode(
        md5('block' || 2 * number / %(logs)s || %(branch)s)
        || md5('hash' || 2 * number / %(logs)s),
        'hex'
    ),
    decode(md5('t' || number || %(branch)s) || md5('u' || number), 'hex'),
    decode(substr(md5('f' || number %% 9973) || md5(''), 1, 40), 'hex'),
    decode(substr(md5('g' || number %% 997) || md5(''), 1, 40), 'hex'),
    decode(repeat('ab', 68), 'hex'),
    '0',
    '10000000000',
    1,
    150000,
    150000 * (number %% (%(logs)s / 2) + 1),
    '10000000000',
    'public',
    'ethereum/public',
    %(load)s::text || '-' || 2 * number / %(logs)s,
    clock_timestamp(),
    %(load)s::text,
    %(load)s::text || '.transactions.csv',
    number
from
    generate_series(
        %(first)s::bigint * %(logs)s / 2, %(end)s::bigint * %(logs)s / 2 - 1
    ) as s (number);
insert into bronze_evm.logs (
    chain_id, block_number, transaction_index, log_index, received_at, block_hash,
    transaction_hash, address, topic0, topic1, topic2, topic3, data, endpoint, origin,
    request_id, _dlt_load_id, delivery_file, delivery_row
)
with

words as (

    select
        number,
        number %% 100 as kind,
        decode(
            md5('block' || number / %(logs)s || %(branch)s)
            || md5('hash' || number / %(logs)s),
            'hex'
        ) as block_hash,
        decode(md5('t' || number / 2 || %(branch)s) || md5('u' || number / 2), 'hex')
            as transaction_hash,
        decode(substr(md5('a' || number %% 997) || md5(''), 1, 40), 'hex') as address,
        '\x000000000000000000000000'::bytea
        || decode(substr(md5('f' || number %% 9973) || md5(''), 1, 40), 'hex') as giver,
        '\x000000000000000000000000'::bytea
        || decode(substr(md5('g' || number) || md5(''), 1, 40), 'hex') as taker,
        decode(lpad(to_hex(number * 1000003), 64, '0'), 'hex') as amount
    from generate_series(
        %(first)s::bigint * %(logs)s, %(end)s::bigint * %(logs)s - 1
    ) as s (number)

),

arrays as (

    select
        decode(lpad('40', 64, '0') || lpad('a0', 64, '0') || lpad('2', 64, '0'), 'hex')
            as ids_head,
        decode(lpad('2', 64, '0'), 'hex') as amounts_head

)

select
    1,
    number / %(logs)s,
    number %% %(logs)s / 2,
    number %% %(logs)s,
    clock_timestamp(),
    block_hash,
    transaction_hash,
    case
        when kind between 93 and 96 then '\xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2'::bytea
        else address
    end,
    case
        when kind < 90 then '\xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'::bytea
        when kind < 92 then '\xc3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62'
        when kind = 92 then '\x4a39dc06d4c0dbc64b70af90fd698a233a518aa5d07e595d983b8c0526c8f7fb'
        when kind < 97 then '\xe1fffcc4923d04b559f4d29a8bfc6cda04eb5b0d3c460751c2402c5c5cc9109c'
        else '\x8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925'
    end,
    giver,
    case when kind not between 93 and 96 then taker end,
    case when kind between 80 and 89 then amount when kind between 90 and 92 then taker end,
    case
        when kind between 80 and 89 then ''::bytea
        when kind < 80 then amount
        when kind < 92 then amount || amount
        when kind = 92 then ids_head || amount || taker || amounts_head || amount || giver
        else amount
    end,
    'public',
    'ethereum/public',
    %(load)s::text || '-' || number / %(logs)s,
    %(load)s::text,
    %(load)s::text || '.logs.csv',
    number
from words
cross join arrays;
insert into bronze_evm.proofs (
    chain_id, block_number, block_hash, proof, result, endpoint, origin, request_id,
    received_at, _dlt_load_id, delivery_file, delivery_row
)
select
    chain_id,
    block_number,
    block_hash,
    proofs.proof,
    'passed',
    endpoint,
    origin,
    request_id,
    received_at,
    _dlt_load_id,
    %(load)s::text || '.proofs.csv',
    block_number * 8 + proofs.place
from bronze_evm.blocks
cross join
    unnest(array[
        'header_hash', 'parent_link', 'transactions_root', 'receipts_root', 'logs_bloom',
        'log_index', 'counts', 'withdrawals_root'
    ]) with ordinality as proofs (proof, place)
where _dlt_load_id = %(load)s::text;
insert into bronze_evm.heads (
    chain_id, block_number, block_at_s, block_hash, parent_hash, tag, endpoint, origin,
    request_id, received_at, _dlt_load_id, delivery_file, delivery_row
)
select
    chain_id,
    block_number,
    block_at_s,
    block_hash,
    parent_hash,
    case when block_number = %(final)s then 'finalized' else 'latest' end,
    endpoint,
    origin,
    %(load)s::text || '-heads',
    clock_timestamp(),
    %(load)s::text,
    %(load)s::text || '.heads.csv',
    block_number
from bronze_evm.blocks
where
    (block_number = %(end)s::bigint - 1 and _dlt_load_id = %(load)s::text)
    or block_number = %(final)s::bigint;
insert into bronze_evm.pages (
    scope, subject, feed, asked_from, asked_until, answered_from, answered_until,
    rows_count, upstream_now_ms, request_id, origin, received_at, _dlt_load_id,
    delivery_file, delivery_row
)
values (
    'ethereum', '', 'blocks', %(first)s, %(end)s, %(first)s, %(end)s,
    %(end)s::bigint - %(first)s, extract(epoch from clock_timestamp())::bigint * 1000,
    %(load)s::text, 'ethereum/public', clock_timestamp(), %(load)s::text,
    %(load)s::text || '.pages.csv', 0
);
insert into bronze_evm._dlt_loads (load_id, schema_name, status, inserted_at)
values (%(load)s::text, 'evm', 0, clock_timestamp())
