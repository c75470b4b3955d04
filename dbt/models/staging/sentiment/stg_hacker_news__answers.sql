with

source as (

    select * from {{ source('hacker_news', 'answers') }}

),

answers as (

    {{ staged_answers_sql('hacker_news') }}

)

select * from answers
