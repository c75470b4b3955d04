{{ config(materialized='view') }}

with

effects as (

    select * from {{ source('ops', 'config_effects') }}

),

told as (

    select
        effect_id,
        table_name,
        row_key,
        op,
        changes,
        login,
        role,
        application_name,
        outcome,
        reason,
        attempts_count,
        applied_by,
        committed_at,
        captured_at,
        consumed_at,
        applied_at,
        first_row_at,
        captured_ms::numeric(38, 3) as captured_ms,
        consumed_ms::numeric(38, 3) as consumed_ms,
        applied_ms::numeric(38, 3) as applied_ms,
        first_row_ms::numeric(38, 3) as first_row_ms,
        lsn,
        transaction_id,
        transaction_position,
        is_inferred,
        load_id,
        first_load_id
    from effects

)

select * from told
