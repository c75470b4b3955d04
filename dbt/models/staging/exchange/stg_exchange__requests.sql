with

source as (

    select * from {{ source('exchange', 'requests') }}

),

requests as (

    select
        request_id::text as request_id,
        scope::text as exchange_id,
        endpoint::text as endpoint,
        subject::text as symbol,
        status as http_status,
        case
            when status is null then 'no answer'
            when status < 400 then 'answered'
            when status in (418, 429) then 'throttled'
            when status < 500 then 'refused'
            else 'failed'
        end as outcome,
        weight,
        bytes_count,
        elapsed_ms,
        attempt,
        error::text as error,
        requested_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row,
        limit_name::text as limit_name,
        limit_per_minute
    from source

)

select * from requests
