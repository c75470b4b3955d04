with

source as (

    select * from {{ source('news', 'answers') }}

),

answers as (

    {{ staged_answers_sql('news') }}

)

select * from answers
