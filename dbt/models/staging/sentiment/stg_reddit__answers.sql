with

source as (

    select * from {{ source('reddit', 'answers') }}

),

answers as (

    {{ staged_answers_sql('reddit') }}

)

select * from answers
