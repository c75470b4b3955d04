{%- set hour = ['source', 'hour_at'] -%}
{%- set text_items = ref('stg_sentiment__text_items') -%}
{%- set gathered = ref('int_items_gathered') -%}
{{ config(
    unique_key=['asset', 'source', 'hour_at', 'language'],
    pre_hook=[
        "{{ remember_scope(changed_text_hours_sql(
            ref('stg_sentiment__text_items'),
            ref('stg_sentiment__text_scores'),
            [ref('stg_sentiment__item_flags'), ref('int_items_gathered')],
        )) }}",
        "{{ no_nested_loops() }}",
    ],
    meta={
        'unit_of_work': hour,
        'loses_rows': true,
        'distribution_key': 'asset',
        'lookups': ['sentiment_sources'],
    },
    indexes=[{'columns': hour}, {'columns': ['asset', 'hour_at']}, {'columns': ['changed_in']}],
) }}

with

{{ item_texts_ctes(
    text_items, ref('stg_sentiment__text_scores'), ref('sentiment_sources'), hour
) }},

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
    from item_texts as items
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
    where items.is_current

),

-- what an item was engaged with within its first day, as it was last seen in it; one that
-- is gone may have no numbers any more
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
        coalesce(score, comments_count) is null asc,
        received_at desc,
        answer_id collate "C" desc,
        item_number asc

),

-- what an item said before tells since when it is not counted for it
mentions as (

    select
        mentioned.asset,
        items.source,
        items.hour_at,
        coalesce(scored.language_code, 'und') as language,  -- noqa: RF04
        items.is_current,
        items.author,
        scored.is_shill or flagged.item_id is not null as is_spam,
        scored.compound,
        scored.compound_label,
        engaged.weight,
        engaged.age_minutes,
        engaged.received_at as engagement_known_at,
        items.known_at,
        items.is_assumed
    from item_texts as items
    inner join scored on items.text_hash = scored.text_hash
    cross join lateral jsonb_each_text(scored.assets) as mentioned (asset, rule)
    left join flagged
        on
            items.source = flagged.source
            and items.item_id = flagged.item_id
            and items.text_hash = flagged.text_hash
    left join engaged
        on
            items.is_current
            and items.source = engaged.source
            and items.item_id = engaged.item_id
    where mentioned.rule <> 'word_in_context'

),

judged as (

    select
        *,
        is_current and not is_spam as counts
    from mentions

),

counted as (

    select
        asset,
        source,
        hour_at,
        language,
        count(*) filter (where is_current) as items_count,
        count(distinct author) filter (where is_current) as authors_count,
        count(*) filter (where is_current and is_spam) as spam_count,
        count(compound) filter (where counts) as scored_count,
        count(*) filter (where counts and compound is null) as unscored_count,
        count(*) filter (where counts and compound_label = 'positive') as positive_count,
        count(*) filter (where counts and compound_label = 'negative') as negative_count,
        avg(compound) filter (where counts) as compound_mean,
        sum(compound * weight) filter (where counts)
        / nullif(sum(weight) filter (where counts and compound is not null), 0)
            as compound_weighted_mean,
        stddev_samp(compound) filter (where counts) as compound_deviation,
        avg(age_minutes) filter (where counts and compound is not null)
            as engagement_age_minutes,
        max(known_at) as known_at,
        greatest(max(known_at), max(engagement_known_at)) as engagement_known_at,
        bool_or(is_assumed) as is_assumed
    from judged
    group by
        asset,
        source,
        hour_at,
        language
    having bool_or(is_current)

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
        engagement_known_at,
        {{ own_batch() }} as changed_in
    from counted

)

select * from sentiment
