{%- set hour = ['source', 'hour_at'] -%}
{%- set answers = ref('int_answers_gathered') -%}
{{ config(
    unique_key=hour,
    pre_hook=[
        "{{ remember_scope(told_hours_sql(
            ref('stg_sentiment__text_items'),
            ref('stg_sentiment__text_scores'),
            ref('int_answers_gathered'),
        )) }}",
        "{{ no_nested_loops() }}",
    ],
    meta={'unit_of_work': hour, 'lookups': ['sentiment_sources']},
    indexes=[
        {'columns': hour, 'unique': true},
        {'columns': ['hour_at']},
        {'columns': ['changed_in']},
    ],
) }}

with

{{ item_texts_ctes(
    ref('stg_sentiment__text_items'),
    ref('stg_sentiment__text_scores'),
    ref('sentiment_sources'),
    hour,
) }},

mentions as (

    select
        items.source,
        items.hour_at,
        mentioned.asset,
        count(*) filter (where items.is_current) as mentions_count,
        max(items.known_at) as known_at,
        bool_or(items.is_assumed) as is_assumed
    from item_texts as items
    inner join scored on items.text_hash = scored.text_hash
    cross join lateral jsonb_each_text(scored.assets) as mentioned (asset, rule)
    where mentioned.rule <> 'word_in_context'
    group by
        items.source,
        items.hour_at,
        mentioned.asset

),

gathered as (

    select
        source,
        hour_at,
        array_agg(asset order by asset collate "C") as assets,
        array_agg(mentions_count order by asset collate "C") as mention_counts,
        array_agg(known_at order by asset collate "C") as known_ats,
        array_agg(is_assumed order by asset collate "C") as are_assumed
    from mentions
    group by
        source,
        hour_at

),

-- who answered in an hour was asked about it; an archive was asked about other hours
answering as (

    select distinct
        source,
        {{ bucket_start(60, 'received_at') }} as hour_at
    from {{ answers }}
    where
        outcome in ('read', 'unchanged')
        and not is_of_archive
        {% if reads_claims_only() -%}
        and load_id = any({{ claimed_loads() }})
        {%- endif %}

),

{% if reads_claims_only() -%}
answered_before as (

    select
        source,
        hour_at
    from {{ rows_of(this, hour) }} as standing
    where is_answered

),

{% endif -%}
answered as (

    select * from answering
    {% if reads_claims_only() -%}
    union
    select * from answered_before
    {%- endif %}

),

written as (

    select
        source,
        hour_at,
        min(known_at) as known_at,
        (array_agg(is_assumed order by known_at, is_assumed))[1] as is_assumed
    from item_texts
    group by
        source,
        hour_at

),

told as (

    select
        source,
        hour_at
    from answered
    union
    select
        source,
        hour_at
    from written

),

-- that an asset was not named is known when the hour is over, and told of at all
hours as (

    select
        told.source,
        told.hour_at,
        answered.source is not null as is_answered,
        greatest(
            told.hour_at + interval '1 hour',
            case when answered.source is null then written.known_at end
        ) as known_at,
        answered.source is null and written.is_assumed as is_assumed,
        coalesce(gathered.assets, '{}') as assets,
        coalesce(gathered.mention_counts, '{}') as mention_counts,
        coalesce(gathered.known_ats, '{}') as known_ats,
        coalesce(gathered.are_assumed, '{}') as are_assumed,
        {{ own_batch() }} as changed_in
    from told
    left join answered
        on
            told.source = answered.source
            and told.hour_at = answered.hour_at
    left join written
        on
            told.source = written.source
            and told.hour_at = written.hour_at
    left join gathered
        on
            told.source = gathered.source
            and told.hour_at = gathered.hour_at

)

select * from hours
