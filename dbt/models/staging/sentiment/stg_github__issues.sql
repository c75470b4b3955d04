with

source as (

    select * from {{ source('github', 'issues') }}

),

issues as (

    select
        repository::text as repository,
        issue_id::text as issue_id,
        issue_number,
        is_pull_request,
        state::text as state,
        state_reason::text as state_reason,
        author_hash::text as author_hash,
        author_key_id::text as author_key_id,
        bot_login::text as bot_login,
        comments_count,
        created_at,
        updated_at,
        closed_at,
        fetch_id::text as fetch_id,
        answer_id::text as answer_id,
        item_number,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from issues
