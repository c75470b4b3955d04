with

source as (

    select * from {{ source('sentiment', 'text_scores') }}

),

text_scores as (

    select
        text_hash::text as text_hash,
        scorer::text as scorer,
        version::text as scorer_version,
        language::text as language_code,
        confidence,
        compound,
        label::text as compound_label,
        assets::jsonb as assets,
        flags::jsonb as flags,
        scored_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source

)

select * from text_scores
