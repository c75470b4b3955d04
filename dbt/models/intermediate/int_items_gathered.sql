{{ config(materialized='view') }}

with

gathered as (

    {%- for source_name in ['news', 'reddit', 'hacker_news', 'bluesky'] %}
    {{ 'union all' if not loop.first }}
    select
        source,
        item_id,
        created_at,
        received_at,
        answer_id,
        item_number,
        score,
        comments_count,
        load_id
    from {{ ref('stg_' ~ source_name ~ '__items') }}
    where (load_id in ({{ finished_loads('bronze_' ~ source_name) }})) is true
    {%- endfor %}

)

select * from gathered
