{{ config(materialized='view') }}

with

gathered as (

    {%- for source_name in ['news', 'reddit', 'hacker_news', 'bluesky'] %}
    {{ 'union all' if not loop.first }}
    select
        source,
        outcome,
        is_of_archive,
        received_at,
        load_id
    from {{ ref('stg_' ~ source_name ~ '__answers') }}
    where (load_id in ({{ finished_loads('bronze_' ~ source_name) }})) is true
    {%- endfor %}

)

select * from gathered
