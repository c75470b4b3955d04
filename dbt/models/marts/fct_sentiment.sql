{%- set hour = ['source', 'hour_at'] -%}
{%- set text_items = ref('stg_sentiment__text_items') -%}
{%- set gathered = ref('int_items_gathered') -%}
{{ config(
    unique_key=['asset', 'source', 'hour_at', 'language'],
    pre_hook="{{ remember_scope(changed_text_hours_sql(
        ref('stg_sentiment__text_items'),
        ref('stg_sentiment__text_scores'),
        ref('stg_sentiment__item_flags'),
        ref('int_items_gathered'),
    )) }}",
    meta={
        'unit_of_work': hour,
        'loses_rows': true,
        'distribution_key': 'asset',
        'lookups': ['sentiment_sources'],
    },
    indexes=[{'columns': hour}, {'columns': ['changed_in']}],
) }}

with

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
        min(found.received_at) over (
            partition by found.source, found.item_id, found.text_hash
        ) as told_at
    from named
    inner join {{ text_items }} as found
        on
            named.source = found.source
            and named.item_id = found.item_id
    where found.load_id in ({{ finished_loads('bronze_sentiment') }})

),

-- what an item says now; as it is of one hour, it is counted once
latest as (

    select distinct on (source, item_id)
        *,
        {{ bucket_start(60, 'created_at') }} as hour_at
    from readings
    order by
        source asc,
        item_id asc,
        received_at desc,
        scored_at desc,
        text_hash collate "C" asc

),

items as (

    select *
    from latest
    where
        created_at is not null
        and {{ is_of_units('latest', hour, claimed_scope()) }}

),

newest_scores as (

    select distinct on (text_hash, scorer) *
    from {{ ref('stg_sentiment__text_scores') }}
    where
        text_hash in (select items.text_hash from items)
        and load_id in ({{ finished_loads('bronze_sentiment') }})
    order by
        text_hash asc,
        scorer asc,
        scored_at desc,
        scorer_version collate "C" desc

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

),

flagged as (

    select distinct
        source,
        item_id,
        text_hash
    from {{ ref('stg_sentiment__item_flags') }}
    where load_id in ({{ finished_loads('bronze_sentiment') }})

),

snapshots as (

    select
        items.source,
        items.item_id,
        items.created_at,
        seen.*
    from items
    cross join
        lateral (
            select
                found.received_at,
                found.answer_id,
                found.item_number,
                found.score,
                found.comments_count
            from {{ gathered }} as found
            where
                found.source = items.source
                and found.item_id = items.item_id
                and found.received_at <= items.created_at + interval '24 hours'
            order by found.received_at
            offset 0
        ) as seen

),

-- what an item was engaged with within its first day, as it was last seen in it
engaged as (

    select distinct on (source, item_id)
        source,
        item_id,
        1 + ln((1 + greatest(coalesce(score, 0), 0) + coalesce(comments_count, 0))::numeric)
            as weight,
        received_at,
        extract(epoch from received_at - created_at) / 60 as age_minutes
    from snapshots
    order by
        source asc,
        item_id asc,
        received_at desc,
        answer_id collate "C" desc,
        item_number asc

),

mentions as (

    select
        mentioned.asset,
        items.source,
        items.hour_at,
        coalesce(scored.language_code, 'und') as language,  -- noqa: RF04
        items.author,
        scored.is_shill or flagged.item_id is not null as is_spam,
        scored.compound,
        scored.compound_label,
        engaged.weight,
        engaged.age_minutes,
        greatest({{ known_at('items.created_at', 'items.told_at') }}, engaged.received_at)
            as known_at,
        {{ is_history('items.created_at', 'items.told_at') }} as is_assumed
    from items
    inner join scored on items.text_hash = scored.text_hash
    inner join {{ ref('sentiment_sources') }} as rules on items.source = rules.source
    cross join lateral jsonb_each_text(scored.assets) as mentioned (asset, rule)
    left join flagged
        on
            items.source = flagged.source
            and items.item_id = flagged.item_id
            and items.text_hash = flagged.text_hash
    left join engaged
        on
            items.source = engaged.source
            and items.item_id = engaged.item_id
    where mentioned.rule <> 'word_in_context'

),

counted as (

    select
        asset,
        source,
        hour_at,
        language,
        count(*) as items_count,
        count(distinct author) as authors_count,
        count(*) filter (where is_spam) as spam_count,
        count(compound) filter (where not is_spam) as scored_count,
        count(*) filter (where not is_spam and compound is null) as unscored_count,
        count(*) filter (where not is_spam and compound_label = 'positive') as positive_count,
        count(*) filter (where not is_spam and compound_label = 'negative') as negative_count,
        avg(compound) filter (where not is_spam) as compound_mean,
        sum(compound * weight) filter (where not is_spam)
        / nullif(sum(weight) filter (where not is_spam and compound is not null), 0)
            as compound_weighted_mean,
        stddev_samp(compound) filter (where not is_spam) as compound_deviation,
        avg(age_minutes) filter (where not is_spam and compound is not null)
            as engagement_age_minutes,
        max(known_at) as known_at,
        bool_or(is_assumed) as is_assumed
    from mentions
    group by
        asset,
        source,
        hour_at,
        language

),

sentiment as (

    select
        asset,
        source,
        hour_at,
        language,
        items_count,
        authors_count,
        spam_count,
        {{ fitting('round(spam_count::numeric / items_count, 18)') }} as spam_share,
        scored_count,
        unscored_count,
        {{ fitting('round(positive_count::numeric / nullif(scored_count, 0), 18)') }}
            as positive_share,
        {{ fitting('round(negative_count::numeric / nullif(scored_count, 0), 18)') }}
            as negative_share,
        {{ fitting('round(compound_mean, 18)') }} as compound_mean,
        {{ fitting('round(compound_weighted_mean, 18)') }} as compound_weighted_mean,
        {{ fitting('round(compound_deviation, 18)') }} as compound_deviation,
        {{ fitting('round(engagement_age_minutes, 18)') }} as engagement_age_minutes,
        known_at,
        is_assumed,
        {{ own_batch() }} as changed_in
    from counted

)

select * from sentiment
