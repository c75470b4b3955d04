with

source as (

    select * from {{ source('github', 'commits') }}

),

commits as (

    select
        repository::text as repository,
        sha::text as sha,
        author_hash::text as author_hash,
        author_key_id::text as author_key_id,
        bot_login::text as bot_login,
        parents_count,
        authored_at,
        committed_at,
        fetch_id::text as fetch_id,
        answer_id::text as answer_id,
        item_number,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from commits
