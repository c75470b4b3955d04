{%- set article = ['subject', 'item_id'] -%}
{{ config(
    unique_key=['feed', 'item_id'],
    meta={'distribution_key': 'item_id', 'lookups': ['sentiment_sources']},
    indexes=[{'columns': ['changed_in']}, {'columns': ['published_at']}],
) }}

with

touched as (

    {{ touched_units(article, loads={ref('stg_news__items'): 'item_id'}) }}

),

rules as (

    select * from {{ ref('sentiment_sources') }}
    where source = 'news'

),

snapshots as (

    select *
    from {{ rows_of(ref('stg_news__items'), article) }} as held
    where load_id in ({{ finished_loads('bronze_news') }})

),

latest as (

    select distinct on (subject, item_id) *
    from snapshots
    order by
        subject asc,
        item_id asc,
        received_at desc,
        answer_id collate "C" desc,
        item_number asc

),

articles as (

    select
        subject,
        item_id,
        min(received_at) as received_at,
        count(distinct fetch_id) as snapshots_count,
        bool_or(tombstone is not null) as is_deleted
    from snapshots
    group by
        subject,
        item_id

),

news as (

    select
        articles.subject as feed,
        articles.item_id,
        case when not articles.is_deleted then latest.title end as title,
        case when not articles.is_deleted then latest.text end as body,
        case when not articles.is_deleted then latest.url end as url,
        case when not articles.is_deleted then latest.attributes end as attributes,
        latest.language,
        latest.author_hash,
        latest.created_at as published_at,
        latest.created_text as published_text,
        latest.edited_at,
        articles.is_deleted,
        articles.snapshots_count,
        articles.received_at,
        {{ known_at('latest.created_at', 'articles.received_at') }} as known_at,
        {{ is_history('latest.created_at', 'articles.received_at') }} as is_assumed,
        {{ own_batch() }} as changed_in
    from articles
    inner join latest
        on
            articles.subject = latest.subject
            and articles.item_id = latest.item_id
    cross join rules

)

select * from news
