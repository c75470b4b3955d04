-- The chains that an operator follows and the endpoints that they are read from. An
-- endpoint's address is a secret of the environment: BULLION_<CHAIN>_RPC_URLS, of which a
-- row names the position. A number of 0 is no limit.
create table if not exists config.chains (
    chain text primary key check (chain ~ '^[a-z][a-z0-9]*(_[a-z0-9]+)*$'),
    chain_id bigint not null unique check (chain_id > 0),
    is_enabled boolean not null default true,
    block_time_s numeric(9, 3) not null default 12 check (block_time_s > 0),
    finality text not null default 'tags' check (finality ~ '^(tags|[1-9][0-9]{0,5})$'),
    since_block bigint not null default -300,
    proof_level text not null default 'standard'
    check (proof_level in ('standard', 'full')),
    budget_share numeric(9, 6) not null default 0.9
    check (budget_share > 0 and budget_share <= 1)
);

create table if not exists config.chain_endpoints (
    chain text not null references config.chains (chain),
    endpoint text not null check (endpoint ~ '^[a-z][a-z0-9_]*$'),
    list_position integer not null default 1 check (list_position > 0),
    precedence integer not null default 1 check (precedence > 0),
    is_enabled boolean not null default true,
    provider text not null default 'own',
    batch_size integer not null default 100 check (batch_size between 1 and 1000),
    calls_per_second numeric(12, 3) not null default 0 check (calls_per_second >= 0),
    units_per_second numeric(12, 3) not null default 0 check (units_per_second >= 0),
    units_per_day bigint not null default 0 check (units_per_day >= 0),
    units_per_month bigint not null default 0 check (units_per_month >= 0),
    lacks text[] not null default '{}',
    primary key (chain, endpoint),
    unique (chain, list_position)
);

comment on table config.chains is
'One row: an EVM chain whose blocks are loaded.';
comment on column config.chains.finality is
'tags: its nodes name the finalized block; a number: how deep a block counts as final.';
comment on column config.chains.since_block is
'Where its history starts: a block''s number, or below 0 so many before the head.';
comment on column config.chains.proof_level is
'full: the sender of each transaction is recovered from its signature as well.';
comment on column config.chains.budget_share is
'The share of its endpoints'' rates that we use.';
comment on table config.chain_endpoints is
'One row: an endpoint of a chain, by its position in the setting of the chain''s addresses.';
comment on column config.chain_endpoints.list_position is
'Its address is this one, from 1 on, of BULLION_<CHAIN>_RPC_URLS; never the address itself.';
comment on column config.chain_endpoints.precedence is
'The lowest is asked first; the others where it fails, and to compare.';
comment on column config.chain_endpoints.provider is
'Whose units a call costs: reference.rpc_method_units; own: one unit a call.';
comment on column config.chain_endpoints.lacks is
'What it does not have, beside what is learnt of it.';

create or replace function config.check_chain()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    other text;
begin
    if tg_op = 'DELETE' then
        select string_agg(e.endpoint, ', ' order by e.endpoint) into other
        from config.chain_endpoints as e
        where e.chain = old.chain;
        if other is not null then
            raise exception '% still has endpoints: %', old.chain, other
                using
                    errcode = 'restrict_violation',
                    hint = 'Remove them first, or set is_enabled to false';
        end if;
        return old;
    end if;
    if new.chain !~ '^[a-z][a-z0-9]*(_[a-z0-9]+)*$' then
        raise exception
            'a chain is named by small letters, digits and _ between them, not %',
            quote_literal(new.chain)
            using errcode = 'check_violation';
    end if;
    if not new.chain_id > 0 then
        raise exception 'chain_id % of % is not above 0', new.chain_id, new.chain
            using errcode = 'check_violation';
    end if;
    select c.chain into other from config.chains as c
    where c.chain_id = new.chain_id and c.chain <> new.chain;
    if found then
        raise exception 'chain_id % is that of %', new.chain_id, other
            using errcode = 'unique_violation';
    end if;
    if not (new.block_time_s > 0 and new.block_time_s < 'Infinity') then
        raise exception 'block_time_s % of % is no number of seconds above 0',
            new.block_time_s, new.chain
            using errcode = 'check_violation';
    end if;
    if new.finality !~ '^(tags|[1-9][0-9]{0,5})$' then
        raise exception
            'finality % of % is neither tags nor a number of blocks such as 64',
            quote_literal(new.finality), new.chain
            using errcode = 'check_violation';
    end if;
    perform config.require_words('proof level', array[new.proof_level]);
    if not (new.budget_share > 0 and new.budget_share <= 1) then
        raise exception 'budget_share % of % is not above 0 and at most 1',
            new.budget_share, new.chain
            using errcode = 'check_violation';
    end if;
    return new;
end
$$;

create or replace function config.check_chain_endpoint()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    other text;
    wrong text;
begin
    if not exists (select from config.chains as c where c.chain = new.chain)
        and new.chain is not null then
        raise exception 'unknown chain: %; config.chains has %',
            quote_literal(new.chain),
            coalesce(
                (select string_agg(c.chain, ', ' order by c.chain) from config.chains as c),
                'none yet: `bullion config import` brings the seeds'' rows'
            )
            using errcode = 'foreign_key_violation';
    end if;
    -- the value is not repeated: what was given for a name may be the address itself
    if new.endpoint !~ '^[a-z][a-z0-9_]*$' or length(new.endpoint) > 63 then
        raise exception 'an endpoint is named by small letters, digits and _'
            using
                errcode = 'check_violation',
                hint = 'Its address stays in the environment; change one that was typed here';
    end if;
    perform config.require_words('provider', array[new.provider]);
    if cardinality(new.lacks) > 0 then
        perform config.require_words('lack', new.lacks);
    end if;
    if not new.batch_size between 1 and 1000 then
        raise exception 'batch_size % of % is not from 1 to 1000',
            new.batch_size, new.endpoint
            using errcode = 'check_violation';
    end if;
    select string_agg(format('%s %s', n.name, n.given), ', ') into wrong
    from (
        values
        ('list_position', new.list_position::numeric, 1),
        ('precedence', new.precedence, 1),
        ('calls_per_second', new.calls_per_second, 0),
        ('units_per_second', new.units_per_second, 0),
        ('units_per_day', new.units_per_day, 0),
        ('units_per_month', new.units_per_month, 0)
    ) as n (name, given, least)
    where not (n.given >= n.least and n.given < 'Infinity');
    if wrong is not null then
        raise exception '% of %: too low, or no number', wrong, new.endpoint
            using errcode = 'check_violation';
    end if;
    select e.endpoint into other from config.chain_endpoints as e
    where
        e.chain = new.chain
        and e.list_position = new.list_position
        and e.endpoint <> new.endpoint;
    if found then
        raise exception 'list_position % of % is that of %',
            new.list_position, new.chain, other
            using errcode = 'unique_violation';
    end if;
    return new;
end
$$;

create or replace trigger check_chain
before insert or update or delete on config.chains
for each row execute function config.check_chain();

create or replace trigger check_chain_endpoint
before insert or update on config.chain_endpoints
for each row execute function config.check_chain_endpoint();

revoke all on function config.check_chain() from public;
revoke all on function config.check_chain_endpoint() from public;

select config.publish('config.chains');
select config.publish('config.chain_endpoints');

-- rows of bronze have a chain's id; what is replayed is named
grant select (chain, chain_id) on config.chains to transformer;
