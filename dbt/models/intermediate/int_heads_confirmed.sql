{%- set observation = ['chain_id', 'endpoint', 'seen_at', 'block_hash'] -%}
{{ config(
    unique_key=observation,
    meta={'lookups': ['evm_chains', 'stg_evm__blocks']},
    indexes=[
        {'columns': observation, 'unique': true},
        {'columns': ['chain_id', 'seen_at']},
        {'columns': ['missing_hashes']},
        {'columns': ['changed_in']},
    ],
) }}

with

heard as (

    {{ heard_heads_sql(
        ref('stg_evm__heads'), ref('stg_evm__blocks'), ref('int_blocks_read')
    ) }}

),

{%- if reads_claims_only() %}

starts as (

    select
        changed.chain_id,
        changed.endpoint,
        min(changed.seen_at) as started_at
    from (
        select
            chain_id,
            endpoint,
            seen_at
        from heard
        union all
        select
            chain_id,
            endpoint,
            seen_at
        from ({{ waiting_for_links_sql(ref('int_blocks_read')) }}) as waiting
    ) as changed
    group by
        changed.chain_id,
        changed.endpoint

),

-- what an endpoint says next is judged by what it said before
stored as (

    select
        history.*,
        true as is_changed
    from starts
    cross join
        lateral (
            select this_table.*
            from {{ this }} as this_table
            where
                this_table.chain_id = starts.chain_id
                and this_table.endpoint = starts.endpoint
                and this_table.seen_at >= starts.started_at
            order by this_table.seen_at
            offset 0
        ) as history
    union all
    select
        history.*,
        false as is_changed
    from starts
    left join {{ ref('evm_chains') }} as chains
        on starts.chain_id = chains.chain_id
    cross join
        lateral (
            select this_table.*
            from {{ this }} as this_table
            where
                this_table.chain_id = starts.chain_id
                and this_table.endpoint = starts.endpoint
                and this_table.seen_at < starts.started_at
            order by
                this_table.seen_at desc,
                this_table.block_number desc,
                this_table.block_hash desc
            limit {{ rollback_confirmations('chains') }} - 1
        ) as history

),
{%- endif %}

observations as (

    select
        {{ observation | join(',\n        ') }},
        block_number,
        true as is_changed
    from heard
    {%- if reads_claims_only() %}
    union
    select
        {{ observation | join(',\n        ') }},
        block_number,
        is_changed
    from stored
    {%- endif %}

),

placed as (

    select
        observations.*,
        {{ rollback_confirmations('chains') }} as confirmations_count,
        row_number() over (
            partition by observations.chain_id, observations.endpoint
            order by observations.seen_at, observations.block_number, observations.block_hash
        ) as place
    from observations
    left join {{ ref('evm_chains') }} as chains
        on observations.chain_id = chains.chain_id

),

-- each observation, and the last few of its endpoint, itself the youngest
windows as (

    select
        placed.chain_id,
        placed.endpoint,
        placed.place,
        placed.seen_at as window_at,
        placed.block_hash as window_hash,
        placed.block_number as window_number,
        ages.age,
        said.seen_at,
        said.block_hash,
        said.block_number,
        max(said.block_number) over (
            partition by placed.chain_id, placed.endpoint, placed.place
        ) as highest_number
    from placed
    cross join lateral generate_series(0, placed.confirmations_count - 1) as ages (age)
    inner join placed as said
        on
            placed.chain_id = said.chain_id
            and placed.endpoint = said.endpoint
            and placed.place - ages.age = said.place
    where placed.is_changed

),

pairs as (

    select
        lower.chain_id,
        lower.endpoint,
        lower.place,
        lower.age,
        lower.block_hash as lower_hash,
        lower.block_number as lower_number,
        higher.block_hash as higher_hash,
        higher.block_number as higher_number
    from windows as lower
    inner join windows as higher
        on
            lower.chain_id = higher.chain_id
            and lower.endpoint = higher.endpoint
            and lower.place = higher.place
            and lower.block_number < higher.block_number
    where lower.window_number < lower.highest_number

),

compared as (

    {{ common_ancestor_sql(ref('int_blocks_read'), 'pairs') }}

),

wants as (

    select
        chain_id,
        endpoint,
        place,
        string_agg(distinct encode(missing_hash, 'hex'), ',') as missing_hashes
    from compared
    where missing_hash is not null
    group by
        chain_id,
        endpoint,
        place

),

-- of what it said last, the youngest that is behind nothing else of it
confirmed as (

    select distinct on (windows.chain_id, windows.endpoint, windows.place)
        windows.*,
        wants.missing_hashes
    from windows
    left join wants
        on
            windows.chain_id = wants.chain_id
            and windows.endpoint = wants.endpoint
            and windows.place = wants.place
    where
        not exists (
            select 1
            from compared
            where
                windows.chain_id = compared.chain_id
                and windows.endpoint = compared.endpoint
                and windows.place = compared.place
                and windows.age = compared.age
                and compared.is_behind
        )
    order by
        windows.chain_id,
        windows.endpoint,
        windows.place,
        windows.age

),

heads as (

    select
        chain_id,
        endpoint,
        window_at as seen_at,
        window_hash as block_hash,
        window_number as block_number,
        block_hash as confirmed_hash,
        block_number as confirmed_number,
        seen_at as confirmed_at,
        missing_hashes,
        {{ own_batch() }} as changed_in
    from confirmed

)

select * from heads
