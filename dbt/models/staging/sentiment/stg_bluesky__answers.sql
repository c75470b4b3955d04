with

source as (

    select * from {{ source('bluesky', 'answers') }}

),

answers as (

    {{ staged_answers_sql('bluesky') }}

)

select * from answers
