with

source as (

    select * from {{ source('evm', 'requests') }}

),

requests as (

    select
        request_id::text as request_id,
        scope::text as chain,
        endpoint::text as endpoint,
        method::text as method,
        calls_count,
        status as http_status,
        case
            when status is null then 'no answer'
            when status < 400 then 'answered'
            when status in (402, 429) then 'throttled'
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
        delivery_row
    from source

)

select * from requests
