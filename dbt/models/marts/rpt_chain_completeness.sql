{%- set hour = ['chain_id', 'hour_at'] -%}
{%- set levels = ['full', 'standard', 'partial', 'unproven', 'failed'] -%}
{%- set causes = [
    'gave_way', 'undetermined', 'incomplete', 'refused', 'not_answered', 'not_asked',
] -%}
{{ config(
    unique_key=hour,
    pre_hook=[
        "{{ remember_scope(changed_chain_hours_sql(
            ref('int_blocks_canonical'),
            ref('int_blocks_read'),
            ref('stg_evm__blocks'),
            ref('stg_evm__quarantine'),
            ref('stg_evm__disagreements'),
            ref('stg_evm__pages'),
        )) }}",
        "{{ no_nested_loops() if not reads_claims_only() }}",
    ],
    meta={'unit_of_work': hour, 'loses_rows': true},
    indexes=[
        {'columns': ['chain', 'missing_until']},
        {'columns': ['changed_in']},
    ],
) }}

with

blocks as (

    select
        blocks.chain_id,
        {{ bucket_start(60, 'blocks.block_at') }} as hour_at,
        blocks.block_number,
        blocks.block_hash,
        blocks.block_at,
        blocks.is_canonical,
        readings.chain,
        readings.proof_level,
        case
            when blocks.is_canonical
                then extract(epoch from readings.received_at - blocks.block_at)
        end as delay_s
    from {{ rows_of(ref('int_blocks_canonical'), hour, at='block_at') }} as blocks
    inner join {{ ref('int_blocks_read') }} as readings
        on
            blocks.chain_id = readings.chain_id
            and blocks.block_hash = readings.block_hash

),

followed as (

    select
        *,
        lead(block_number) over (
            partition by chain_id, hour_at
            order by block_number
        ) as next_in_hour
    from blocks
    where is_canonical

),

-- a hole counts in the hour of the block before it: of what is missing there is no time
holes as (

    select
        followed.chain_id,
        followed.hour_at,
        followed.chain,
        followed.block_number + 1 as missing_from,
        nexts.block_number as missing_until
    from followed
    cross join
        lateral (
            select later.block_number
            from {{ ref('int_blocks_canonical') }} as later
            where
                later.chain_id = followed.chain_id
                and later.block_number > followed.block_number
                and later.is_canonical
            order by later.block_number
            limit 1
        ) as nexts
    where
        followed.next_in_hour is distinct from followed.block_number + 1
        and nexts.block_number > followed.block_number + 1

),

caused as (

    {{ hole_causes_sql(
        'holes',
        ref('int_blocks_canonical'),
        ref('stg_evm__blocks'),
        ref('stg_evm__quarantine'),
        ref('stg_evm__pages'),
    ) }}

),

holes_counted as (

    select
        chain_id,
        hour_at,
        count(*) as holes_count,
        sum(missing_count) as missing_count,
        {%- for cause in causes %}
        sum({{ cause }}_count) as {{ cause }}_count,
        {%- endfor %}
        min(missing_from) as missing_from,
        max(missing_until) as missing_until
    from caused
    group by
        chain_id,
        hour_at

),

spans as (

    select
        chain_id,
        hour_at,
        block_number as number_from,
        block_number + 1 as number_until
    from followed
    union all
    select
        chain_id,
        hour_at,
        missing_from as number_from,
        missing_until as number_until
    from holes

),

-- one look-up a block: as a join, both tables are read whole
quarantined as (

    select
        spans.chain_id,
        spans.hour_at,
        count(*) as quarantined_count
    from spans
    cross join
        lateral (
            select refused.load_id
            from {{ ref('stg_evm__quarantine') }} as refused
            where
                refused.chain_id = spans.chain_id
                and refused.block_number >= spans.number_from
                and refused.block_number < spans.number_until
            order by refused.block_number
            offset 0
        ) as answers
    where answers.load_id in ({{ finished_loads('bronze_evm') }})
    group by
        spans.chain_id,
        spans.hour_at

),

disagreed as (

    select
        blocks.chain_id,
        blocks.hour_at,
        count(distinct blocks.block_hash) as disagreements_count
    from blocks
    cross join
        lateral (
            select differences.load_id
            from {{ ref('stg_evm__disagreements') }} as differences
            where
                differences.chain_id = blocks.chain_id
                and differences.block_hash = blocks.block_hash
            order by differences.block_hash
            offset 0
        ) as answers
    where answers.load_id in ({{ finished_loads('bronze_evm') }})
    group by
        blocks.chain_id,
        blocks.hour_at

),

counted as (

    select
        chain_id,
        hour_at,
        (array_agg(chain order by is_canonical desc nulls last, block_hash asc))[1] as chain,
        count(*) filter (where is_canonical) as blocks_count,
        {%- for level in levels %}
        count(*) filter (where is_canonical and proof_level = '{{ level }}')
            as {{ level }}_count,
        {%- endfor %}
        count(*) filter (where is_canonical is null) as undetermined_blocks_count,
        count(*) filter (where not is_canonical) as dropped_blocks_count,
        percentile_disc(array[0.5, 1]) within group (order by delay_s) as delays_s
    from blocks
    group by
        chain_id,
        hour_at

),

completeness as (

    select
        counted.chain_id,
        counted.hour_at,
        counted.chain,
        counted.blocks_count,
        {%- for level in levels %}
        counted.{{ level }}_count,
        {%- endfor %}
        counted.undetermined_blocks_count,
        counted.dropped_blocks_count,
        coalesce(holes_counted.holes_count, 0) as holes_count,
        coalesce(holes_counted.missing_count, 0)::bigint as missing_count,
        {%- for cause in causes %}
        coalesce(holes_counted.{{ cause }}_count, 0)::bigint as missing_{{ cause }}_count,
        {%- endfor %}
        holes_counted.missing_from,
        holes_counted.missing_until,
        coalesce(quarantined.quarantined_count, 0) as quarantined_count,
        coalesce(disagreed.disagreements_count, 0) as disagreements_count,
        counted.delays_s[1]::numeric(38, 6) as delay_p50_s,
        counted.delays_s[2]::numeric(38, 6) as delay_max_s,
        {{ own_batch() }} as changed_in
    from counted
    {% for parts in ['holes_counted', 'quarantined', 'disagreed'] -%}
    left join {{ parts }}
        on
            counted.chain_id = {{ parts }}.chain_id
            and counted.hour_at = {{ parts }}.hour_at
    {% endfor %}

)

select * from completeness
