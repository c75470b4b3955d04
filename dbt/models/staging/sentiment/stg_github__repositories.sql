with

source as (

    select * from {{ source('github', 'repositories') }}

),

repositories as (

    select
        repository::text as repository,
        repository_id::text as repository_id,
        stars_count,
        forks_count,
        open_issues_count,
        subscribers_count,
        is_archived,
        pushed_at,
        fetch_id::text as fetch_id,
        answer_id::text as answer_id,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from repositories
