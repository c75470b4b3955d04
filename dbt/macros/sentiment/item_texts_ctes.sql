{#-
CTEs of a model whose unit of work is `hour` of a source: `item_texts`, the texts that an
item was read with in these hours, one of them the one that it has now (`is_current`), and
`scored`, these texts by the newest version of each scorer.

A text counts as known since it was read; the first one of an item that was loaded as
history, since its source's delay. What an item said before is over since it said
something else, and whoever counts what it no longer says knows so since then.
-#}
{% macro item_texts_ctes(text_items, text_scores, rules, hour) -%}
named as (

    select distinct
        source,
        item_id
    from {{ rows_of(text_items, hour, at='created_at') }} as held
    where created_at is not null

),

readings as (

    select
        found.*,
        {{ bucket_start(60, 'found.created_at') }} as hour_at
    from named
    cross join
        lateral (
            select held.*
            from {{ text_items }} as held
            where
                held.source = named.source
                and held.item_id = named.item_id
            offset 0
        ) as found
    where found.load_id in ({{ finished_loads('bronze_sentiment') }})

),

compared as (

    select
        *,
        not coalesce(
            text_hash = lag(text_hash) over in_order
            and hour_at = lag(hour_at) over in_order,
            false
        ) as is_changed
    from readings
    window
        in_order as (
            partition by source, item_id
            order by received_at, scored_at, text_hash collate "C" desc
        )

),

-- an item is of one hour, and is counted once
latest as (

    select distinct on (source, item_id)
        source,
        item_id,
        text_hash,
        author,
        created_at,
        hour_at,
        max(received_at) filter (where is_changed) over item as told_at,
        min(received_at) over item as first_told_at
    from compared
    window item as (partition by source, item_id)
    order by
        source asc,
        item_id asc,
        received_at desc,
        scored_at desc,
        text_hash collate "C" asc

),

item_texts as (

    select distinct
        latest.source,
        latest.item_id,
        readings.text_hash,
        readings.hour_at,
        latest.author,
        latest.created_at,
        readings.text_hash = latest.text_hash
        and coalesce(readings.hour_at = latest.hour_at, false) as is_current,
        case
            when latest.told_at = latest.first_told_at
                then {{ known_at('latest.created_at', 'latest.told_at') }}
            else latest.told_at
        end as known_at,
        latest.told_at = latest.first_told_at
        and {{ is_history('latest.created_at', 'latest.told_at') }} as is_assumed
    from latest
    inner join {{ rules }} as rules on latest.source = rules.source
    inner join readings
        on
            latest.source = readings.source
            and latest.item_id = readings.item_id
    where
        readings.hour_at is not null
        and {{ is_of_units('readings', hour, claimed_scope()) }}

),

newest_scores as (

    select distinct on (found.text_hash, found.scorer) found.*
    from (select distinct text_hash from item_texts) as texts
    cross join
        lateral (
            select held.*
            from {{ text_scores }} as held
            where held.text_hash = texts.text_hash
            offset 0
        ) as found
    where found.load_id in ({{ finished_loads('bronze_sentiment') }})
    order by
        found.text_hash asc,
        found.scorer asc,
        found.scored_at desc,
        found.scorer_version collate "C" desc

),

scored as (

    select
        text_hash,
        max(language_code) filter (where scorer = 'language') as language_code,
        max(compound) filter (where scorer = 'vader_crypto') as compound,
        max(compound_label) filter (where scorer = 'vader_crypto') as compound_label,
        jsonb_agg(assets) filter (where scorer = 'assets') -> 0 as assets,
        coalesce(bool_or(flags <> '[]') filter (where scorer = 'spam'), false) as is_shill
    from newest_scores
    group by text_hash

)
{%- endmacro %}
