{%- set number = ['chain_id', 'block_number'] -%}
{%- set read, final = ref('int_blocks_read'), ref('int_blocks_finalized') -%}
{%- set linked = ref('int_blocks_linked') -%}
{{ config(
    unique_key=['chain_id', 'block_hash'],
    indexes=[
        {'columns': ['chain_id', 'block_hash'], 'unique': true},
        {'columns': number},
        {'columns': ['chain_id', 'block_at']},
        {'columns': ['reason']},
        {'columns': ['changed_in']},
    ],
) }}

{%- set above = 'above the head' %}
{%- set untold = 'others of its number were read, and no head tells which' %}

with

heads as (

    select
        chain_id,
        block_number
    from {{ linked }}
    where is_head

),

touched as (

    {{ touched_units(number, batches={
        read: 'block_number',
        final: 'block_number',
        linked: 'block_number',
    }) }}
    {%- if reads_claims_only() %}
    union
    select
        stored.chain_id,
        stored.block_number
    from {{ this }} as stored
    inner join heads
        on
            stored.chain_id = heads.chain_id
            and stored.block_number > heads.block_number
    union
    select
        stored.chain_id,
        stored.block_number
    from {{ this }} as stored
    where stored.reason = '{{ above }}'
    {%- endif %}

),

blocks as (

    select
        blocks.chain_id,
        blocks.block_hash,
        blocks.block_number,
        blocks.parent_hash,
        blocks.block_at,
        blocks.is_read_untold,
        final_blocks.block_hash is not null as is_final,
        coalesce(linked_blocks.is_linked, false) as is_linked,
        coalesce(blocks.block_number > heads.block_number, false) as is_above_head
    from {{ rows_of(read, number) }} as blocks
    left join {{ final }} as final_blocks
        on
            blocks.chain_id = final_blocks.chain_id
            and blocks.block_hash = final_blocks.block_hash
    left join {{ linked }} as linked_blocks
        on
            blocks.chain_id = linked_blocks.chain_id
            and blocks.block_hash = linked_blocks.block_hash
    left join heads on blocks.chain_id = heads.chain_id

),

counted as (

    select
        *,
        count(*) filter (where is_final) over same_number as final_count,
        count(*) filter (where is_linked) over same_number as linked_count,
        count(*) filter (where is_read_untold) over same_number as untold_count
    from blocks
    window same_number as (partition by chain_id, block_number)

),

judged as (

    select
        *,
        case
            when final_count > 1
                then
                    chain.refuse(
                        'chain ' || chain_id || ': ' || final_count || ' blocks of number '
                        || block_number || ' were final, ' || chain.hex(block_hash)
                        || ' is one of them'
                    )
            when final_count = 1 then is_final
            when linked_count > 0 then is_linked
            when is_above_head then false
            when untold_count = 1 then is_read_untold
        end as is_canonical
    from counted

),

explained as (

    select
        chain_id,
        block_hash,
        block_number,
        parent_hash,
        block_at,
        is_canonical,
        case
            when is_canonical then null
            when final_count + linked_count > 0 then 'another block of its number is canonical'
            when is_above_head then '{{ above }}'
            when untold_count = 1 then 'another block of its number is canonical'
            when untold_count > 1 and is_read_untold then '{{ untold }}'
            else 'neither linked to the head nor to a final block'
        end as reason,
        {{ own_batch() }} as changed_in
    from judged

)

select * from explained
