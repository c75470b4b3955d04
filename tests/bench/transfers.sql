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
        decode(md5((number / 200)::text) || md5('h' || number / 200), 'hex') as block_hash,
        decode(md5('t' || number / 2) || md5('u' || number / 2), 'hex') as transaction_hash,
        decode(substr(md5('a' || number %% 997) || md5(''), 1, 40), 'hex') as address,
        '\x000000000000000000000000'::bytea
        || decode(substr(md5('f' || number %% 9973) || md5(''), 1, 40), 'hex') as giver,
        '\x000000000000000000000000'::bytea
        || decode(substr(md5('g' || number) || md5(''), 1, 40), 'hex') as taker,
        decode(lpad(to_hex(number * 1000003), 64, '0'), 'hex') as amount
    from generate_series(0, %(logs)s::bigint - 1) as s (number)

),

arrays as (

    select
        decode(lpad('40', 64, '0') || lpad('a0', 64, '0') || lpad('2', 64, '0'), 'hex')
            as ids_head,
        decode(lpad('2', 64, '0'), 'hex') as amounts_head

)

select
    1,
    number / 200,
    number %% 200 / 2,
    number %% 200,
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
    md5((number / 200)::text),
    %(load)s::text,
    %(load)s::text || '.logs.csv',
    number
from words
cross join arrays;
insert into bronze_evm._dlt_loads (load_id, schema_name, status, inserted_at)
values (%(load)s::text, 'evm', 0, clock_timestamp());
vacuum analyze bronze_evm.logs
