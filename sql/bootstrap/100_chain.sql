-- What the ABI packs into words of 32 bytes, read from bytes as bronze holds them. Words are
-- counted from 0; what is not there, or not of the type, is null. A server reads '0x…' as
-- numeric from version 16 on: all 64 digits in 0.7 µs, leading zeros in 0.2.
-- Most are one expression without settings of their own, so that a query takes them in.
-- https://docs.soliditylang.org/en/latest/abi-spec.html
create schema if not exists chain;

-- Bytes as gold has them: lower-case digits after 0x.
create or replace function chain.hex(bytes bytea)
returns text
language sql
immutable
parallel safe
return '0x' || encode(bytes, 'hex');

create or replace function chain.bytes32(data bytea, word integer)
returns bytea
language sql
immutable
parallel safe
return case
    when word >= 0 and octet_length(data) >= 32 * (word + 1)
        then substring(data from 32 * word + 1 for 32)
end;

create or replace function chain.uint256(data bytea, word integer)
returns numeric
language sql
immutable
parallel safe
return case
    when word >= 0 and octet_length(data) >= 32 * (word + 1)
        then ('0x' || encode(substring(data from 32 * word + 1 for 32), 'hex'))::numeric
end;

create or replace function chain.int256(data bytea, word integer)
returns numeric
language sql
immutable
parallel safe
return case
    when word < 0 or octet_length(data) < 32 * (word + 1) then null
    when get_byte(data, 32 * word) < 128
        then ('0x' || encode(substring(data from 32 * word + 1 for 32), 'hex'))::numeric
    else
        ('0x' || encode(substring(data from 32 * word + 1 for 32), 'hex'))::numeric
        - 115792089237316195423570985008687907853269984665640564039457584007913129639936
end;

-- The 20 bytes of an address; null where the 12 before them are not zero.
create or replace function chain.address(data bytea, word integer)
returns bytea
language sql
immutable
parallel safe
return case
    when
        word >= 0
        and octet_length(data) >= 32 * (word + 1)
        and substring(data from 32 * word + 1 for 12) = '\x000000000000000000000000'
        then substring(data from 32 * word + 13 for 20)
end;

-- The bytes from where the word points, as it does of an array, a string or bytes.
create or replace function chain.tail(data bytea, word integer)
returns bytea
language sql
immutable
parallel safe
return case
    when chain.uint256(data, word) <= octet_length(data) - 32
        then substring(data from chain.uint256(data, word)::integer + 1)
end;

-- How many words the array has that the word points to; null unless all of them are there.
create or replace function chain.array_length(data bytea, word integer)
returns integer
language sql
immutable
parallel safe
return case
    when
        chain.uint256(chain.tail(data, word), 0)
        <= octet_length(chain.tail(data, word)) / 32 - 1
        then chain.uint256(chain.tail(data, word), 0)::integer
end;

-- In steps: to begin a query for each array takes 65 us, this 12 for one of two items.
create or replace function chain.uint256_array(data bytea, word integer)
returns numeric[]
language plpgsql
immutable
parallel safe
as $$
declare
    bytes bytea := data || ''::bytea;  -- whole in memory, whatever of it is read
    head numeric := chain.uint256(bytes, word);
    items_count numeric;
    items numeric[] := '{}';
begin
    if head is null or head > octet_length(bytes) - 32 then
        return null;
    end if;
    bytes := substring(bytes from head::integer + 1);
    items_count := chain.uint256(bytes, 0);
    if items_count > octet_length(bytes) / 32 - 1 then
        return null;
    end if;
    for place in 1..items_count::integer loop
        items[place] := chain.uint256(bytes, place);
    end loop;
    return items;
end
$$;

create or replace function chain.address_array(data bytea, word integer)
returns bytea[]
language sql
immutable
parallel safe
return case
    when chain.array_length(data, word) is not null
        then array(
            select chain.address(chain.tail(data, word), place)
            from generate_series(1, chain.array_length(data, word)) as place
            order by place
        )
end;

-- Bytes as text, where they are UTF-8 without NUL: https://www.rfc-editor.org/rfc/rfc3629
create or replace function chain.utf8(bytes bytea)
returns text
language sql
immutable
parallel safe
return case
    when
        encode(bytes, 'hex') ~ (
            '^(0[1-9a-f]|[1-7][0-9a-f]'
            '|(c[2-9a-f]|d[0-9a-f])[89ab][0-9a-f]'
            '|(e0[ab]|ed[89])[0-9a-f][89ab][0-9a-f]'
            '|e[1-9a-cef]([89ab][0-9a-f]){2}'
            '|(f0[9ab]|f[123][89ab]|f48)[0-9a-f]([89ab][0-9a-f]){2})*$'
        )
        then convert_from(bytes, 'UTF8')
end;

-- The string that the word points to.
create or replace function chain.string(data bytea, word integer)
returns text
language sql
immutable
parallel safe
return case
    when
        chain.uint256(chain.tail(data, word), 0)
        <= octet_length(chain.tail(data, word)) - 32
        then chain.utf8(
            substring(
                chain.tail(data, word)
                from 33 for chain.uint256(chain.tail(data, word), 0)::integer
            )
        )
end;

-- Ends the query with this sentence, and with it whatever its transaction has written.
create or replace function chain.refuse(reason text)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception '%', reason using errcode = 'integrity_constraint_violation';
end
$$;

revoke all on all functions in schema chain from public;
grant usage on schema chain to transformer, analyst;
grant execute on all functions in schema chain to transformer, analyst;
