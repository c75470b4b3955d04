{%- set instrument = ['exchange_id', 'symbol'] -%}
{{ config(
    unique_key=instrument,
    meta={'recomputes': 'everything'},
    indexes=[
        {'columns': instrument, 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

{#- a market's other symbols are filed for so long after the last file of one that ended -#}
{%- set leave = "interval '7 days'" %}

with

listed as (

    select * from {{ ref('int_instruments_listed') }}

),

filed as (

    select * from {{ ref('int_symbols_filed') }}

),

versions as (

    select * from {{ ref('int_instruments_versioned') }}

),

renames as (

    select * from {{ ref('instrument_renames') }}

),

named_halts as (

    select * from {{ ref('instrument_halts') }}

),

instruments as (

    select
        exchange_id,
        symbol
    from listed
    union
    select
        exchange_id,
        symbol
    from filed

),

-- what the newest listing that says it says
launched as (

    select distinct on (exchange_id, symbol) *
    from versions
    where launched_at is not null
    order by
        exchange_id asc,
        symbol asc,
        valid_from desc

),

told as (

    select
        instruments.exchange_id,
        instruments.symbol,
        listed.first_seen_at,
        listed.has_arrived,
        listed.lacked_at,
        filed.filed_from,
        case
            when
                filed.filed_until + {{ leave }} <= filed.market_filed_until
                and coalesce(listed.last_active_at < filed.filed_until + {{ leave }}, true)
                then filed.filed_until
        end as filed_until,
        launched.launched_at,
        {{ expires_at('instruments.symbol') }} as expires_at,
        former.symbol as renamed_from,
        former.traded_from,
        later.renamed_to,
        later.traded_until
    from instruments
    left join listed
        on {{ same_key('instruments', 'listed', instrument) }}
    left join filed
        on {{ same_key('instruments', 'filed', instrument) }}
    left join launched
        on {{ same_key('instruments', 'launched', instrument) }}
    left join {{ ref('expiry_times') }} as expiries
        on instruments.exchange_id = expiries.exchange_id
    left join renames as former
        on
            instruments.exchange_id = former.exchange_id
            and instruments.symbol = former.renamed_to
    left join renames as later
        on {{ same_key('instruments', 'later', instrument) }}

),

dated as (

    select
        *,
        coalesce(traded_from, least(filed_from, coalesce(launched_at, first_seen_at)))
            as listed_at,
        coalesce(traded_until, expires_at, filed_until, lacked_at) as delisted_at
    from told

),

followed as (

    select
        *,
        not coalesce(
            lead(is_active) over (partition by exchange_id, symbol order by valid_from),
            false
        ) as stays_inactive
    from versions

),

-- a venue's halt is from the first to the last listing that told of it
told_halts as (

    select
        dated.exchange_id,
        dated.symbol,
        named_halts.halted_at,
        named_halts.resumed_at,
        'seed' as halted_by,
        named_halts.reason
    from dated
    inner join named_halts
        on
            dated.exchange_id = named_halts.exchange_id
            and named_halts.symbol in ('*', dated.symbol)
            and coalesce(config.market_type_of(dated.symbol) = named_halts.market_type, true)
            and coalesce(dated.delisted_at > named_halts.halted_at, true)
            and coalesce(dated.listed_at < named_halts.resumed_at, true)
    union all
    select
        exchange_id,
        symbol,
        valid_from as halted_at,
        case when stays_inactive then valid_to else last_seen_at end as resumed_at,
        'listing' as halted_by,
        status as reason
    from followed
    where not is_active and (stays_inactive or last_seen_at > valid_from)

),

halted as (

    select
        exchange_id,
        symbol,
        jsonb_agg(
            jsonb_build_object(
                'from', halted_at, 'until', resumed_at, 'told_by', halted_by, 'reason', reason
            )
            order by halted_at, halted_by, resumed_at
        ) as halts
    from told_halts
    group by
        exchange_id,
        symbol

),

lives as (

    select
        dated.exchange_id,
        dated.symbol,
        dated.listed_at,
        case
            when dated.traded_from is not null then 'seed'
            when dated.launched_at = dated.listed_at then 'venue'
            when dated.filed_from = dated.listed_at then 'archive'
            when dated.has_arrived then 'listing'
            else 'first seen'
        end as listed_by,
        dated.delisted_at,
        case
            when dated.traded_until is not null then 'seed'
            when dated.expires_at is not null then 'expiry'
            when dated.filed_until is not null then 'archive'
            when dated.lacked_at is not null then 'listing'
        end as delisted_by,
        dated.renamed_from,
        dated.renamed_to,
        coalesce(halted.halts, '[]') as halts,
        {{ own_batch() }} as changed_in
    from dated
    left join halted
        on {{ same_key('dated', 'halted', instrument) }}

)

select * from lives
