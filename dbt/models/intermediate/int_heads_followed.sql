{%- set observation = ['chain_id', 'endpoint', 'seen_at', 'block_hash'] -%}
{{ config(
    unique_key=observation,
    indexes=[
        {'columns': observation, 'unique': true},
        {'columns': ['chain_id', 'seen_at']},
        {'columns': ['missing_hashes']},
        {'columns': ['changed_in']},
    ],
) }}

with

{%- if reads_claims_only() %}

recursive starts as (

    select
        changed.chain_id,
        min(changed.seen_at) as started_at
    from (
        select
            chain_id,
            seen_at
        from {{ ref('int_heads_confirmed') }}
        where changed_in = any({{ claimed_batches() }})
        union all
        select
            chain_id,
            seen_at
        from ({{ waiting_for_links_sql(ref('int_blocks_read')) }}) as waiting
    ) as changed
    group by changed.chain_id

),

endpoints as (

    select
        starts.chain_id,
        starts.started_at,
        (
            select min(named.endpoint)
            from {{ ref('int_heads_confirmed') }} as named
            where named.chain_id = starts.chain_id
        ) as endpoint
    from starts
    union all
    select
        endpoints.chain_id,
        endpoints.started_at,
        (
            select min(named.endpoint)
            from {{ ref('int_heads_confirmed') }} as named
            where
                named.chain_id = endpoints.chain_id
                and named.endpoint > endpoints.endpoint
        ) as endpoint
    from endpoints
    where endpoints.endpoint is not null

),
{%- endif %}

observations as (

    {%- if reads_claims_only() %}

    select
        history.*,
        true as is_changed
    from starts
    cross join
        lateral (
            select later.*
            from {{ ref('int_heads_confirmed') }} as later
            where
                later.chain_id = starts.chain_id
                and later.seen_at >= starts.started_at
            order by later.seen_at
            offset 0
        ) as history
    union all
    select
        history.*,
        false as is_changed
    from endpoints
    cross join
        lateral (
            select earlier.*
            from {{ ref('int_heads_confirmed') }} as earlier
            where
                earlier.chain_id = endpoints.chain_id
                and earlier.endpoint = endpoints.endpoint
                and earlier.seen_at < endpoints.started_at
            order by
                earlier.seen_at desc,
                earlier.block_number desc,
                earlier.block_hash desc
            limit 1
        ) as history
    {%- else %}

    select
        *,
        true as is_changed
    from {{ ref('int_heads_confirmed') }}
    {%- endif %}

),

placed as (

    select
        *,
        row_number() over (
            partition by chain_id
            order by seen_at, endpoint, block_number, block_hash
        ) as place
    from observations

),

sides as (

    select distinct
        chain_id,
        endpoint
    from placed

),

-- what each endpoint stands by as of each observation
stands as (

    select
        placed.chain_id,
        placed.place,
        placed.is_changed,
        max(placed.place) filter (where placed.endpoint = sides.endpoint) over (
            partition by placed.chain_id, sides.endpoint
            order by placed.place
        ) as said_place
    from placed
    inner join sides on placed.chain_id = sides.chain_id

),

candidates as (

    select
        stands.chain_id,
        stands.place,
        placed.confirmed_hash,
        placed.confirmed_number,
        row_number() over newest_first as age,
        first_value(placed.confirmed_number) over newest_first as newest_number,
        max(placed.confirmed_number) over (
            partition by stands.chain_id, stands.place
        ) as highest_number
    from stands
    inner join placed
        on
            stands.chain_id = placed.chain_id
            and stands.said_place = placed.place
    where stands.is_changed
    window
        newest_first as (
            partition by stands.chain_id, stands.place
            order by
                placed.confirmed_at desc,
                placed.confirmed_number desc,
                placed.confirmed_hash desc
        )

),

pairs as (

    select distinct
        lower.chain_id,
        lower.place,
        lower.confirmed_hash as lower_hash,
        lower.confirmed_number as lower_number,
        higher.confirmed_hash as higher_hash,
        higher.confirmed_number as higher_number
    from candidates as lower
    inner join candidates as higher
        on
            lower.chain_id = higher.chain_id
            and lower.place = higher.place
            and lower.confirmed_number < higher.confirmed_number
    where lower.newest_number < lower.highest_number

),

compared as (

    {{ common_ancestor_sql(ref('int_blocks_read'), 'pairs') }}

),

heads as (

    select distinct on (candidates.chain_id, candidates.place)
        candidates.chain_id,
        candidates.place,
        candidates.confirmed_hash as head_hash,
        candidates.confirmed_number as head_number
    from candidates
    where
        not exists (
            select 1
            from compared
            where
                candidates.chain_id = compared.chain_id
                and candidates.place = compared.place
                and candidates.confirmed_hash = compared.lower_hash
                and compared.is_behind
        )
    order by
        candidates.chain_id,
        candidates.place,
        candidates.age

),

followed as (

    select
        heads.*,
        lag(heads.head_hash) over chain_order as previous_hash,
        lag(heads.head_number) over chain_order as previous_number
    from heads
    window chain_order as (partition by heads.chain_id order by heads.place)

),

earlier as (

    {%- if reads_claims_only() %}

    select
        starts.chain_id,
        history.head_hash,
        history.head_number
    from starts
    cross join
        lateral (
            select this_table.*
            from {{ this }} as this_table
            where
                this_table.chain_id = starts.chain_id
                and this_table.seen_at < starts.started_at
            order by
                this_table.seen_at desc,
                this_table.endpoint desc,
                this_table.block_number desc,
                this_table.block_hash desc
            limit 1
        ) as history
    {%- else %}

    select
        null::bigint as chain_id,
        null::bytea as head_hash,
        null::bigint as head_number
    where false
    {%- endif %}

),

moves as (

    select
        followed.chain_id,
        followed.place,
        followed.head_hash,
        followed.head_number,
        coalesce(followed.previous_hash, earlier.head_hash) as previous_hash,
        coalesce(followed.previous_number, earlier.head_number) as previous_number
    from followed
    left join earlier on followed.chain_id = earlier.chain_id

),

ends as (

    select
        *,
        case when head_number < previous_number then head_hash else previous_hash end as lower_hash,
        least(head_number, previous_number) as lower_number,
        case when head_number < previous_number then previous_hash else head_hash end
            as higher_hash,
        greatest(head_number, previous_number) as higher_number
    from moves
    where head_hash != previous_hash

),

related as (

    {{ common_ancestor_sql(ref('int_blocks_read'), 'ends') }}

),

wants as (

    select
        missing.chain_id,
        missing.place,
        string_agg(distinct encode(missing.missing_hash, 'hex'), ',') as missing_hashes
    from (
        select
            chain_id,
            place,
            missing_hash
        from compared
        union all
        select
            chain_id,
            place,
            missing_hash
        from related
    ) as missing
    where missing.missing_hash is not null
    group by
        missing.chain_id,
        missing.place

),

judged as (

    select
        placed.chain_id,
        placed.endpoint,
        placed.seen_at,
        placed.block_hash,
        placed.block_number,
        moves.head_hash,
        moves.head_number,
        moves.previous_hash,
        moves.previous_number,
        case
            when moves.previous_hash is null then 'first'
            when moves.previous_hash = moves.head_hash then 'none'
            when related.ancestor_hash is null then 'unknown'
            when related.ancestor_hash = moves.previous_hash then 'extended'
            when related.ancestor_hash = moves.head_hash then 'rolled back'
            else 'reorganised'
        end as head_move,
        related.ancestor_hash,
        related.ancestor_number,
        wants.missing_hashes,
        {{ own_batch() }} as changed_in
    from moves
    inner join placed
        on
            moves.chain_id = placed.chain_id
            and moves.place = placed.place
    left join related
        on
            moves.chain_id = related.chain_id
            and moves.place = related.place
    left join wants
        on
            moves.chain_id = wants.chain_id
            and moves.place = wants.place

)

select * from judged
