{{ config(materialized='view') }}

with

events as (

    select
        *,
        split_part(budget, ' ', 1) as exchange_id
    from {{ source('ops', 'budget_events') }}

),

halts as (

    select events.*
    from events
    where
        events.event <> 'closing'
        and exists (
            select 1
            from {{ source('ops', 'config_words') }} as words
            where
                words.kind = 'exchange'
                and words.word = events.exchange_id
        )

),

-- an answer closes an open circuit, and ends no pause
halted as (

    select
        halts.exchange_id,
        halts.budget,
        halts.event,
        halts.happened_at as began_at,
        least(
            halts.until_at,
            (
                select min(closings.happened_at)
                from events as closings
                where
                    halts.event = 'opening'
                    and closings.event = 'closing'
                    and closings.budget = halts.budget
                    and closings.happened_at >= halts.happened_at
            )
        ) as ended_at
    from halts

)

select * from halted
