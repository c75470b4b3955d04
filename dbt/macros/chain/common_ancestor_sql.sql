{#-
The rows of `pairs` (chain_id, lower_hash, lower_number, higher_hash, higher_number, and what
else it has), and how the two blocks of each are related, as far as the links of `blocks` are
held:

    ancestor_hash, ancestor_number  the block that both stand on; null where it is not known
    is_behind                       nothing tells that the lower one is on another branch
    missing_hash                    the block whose link is not held
-#}
{% macro common_ancestor_sql(blocks, pairs) -%}
    select
        pairs.*,
        relations.*
    from {{ pairs }} as pairs
    cross join
        lateral (
            with recursive walk as (
                select
                    pairs.lower_hash as lower_at,
                    pairs.lower_number as lower_place,
                    pairs.higher_hash as higher_at,
                    pairs.higher_number as higher_place,
                    false as is_forked,
                    0 as steps_count
                union all
                -- the higher one goes down alone; once they are level, both do
                select
                    coalesce(lower_blocks.parent_hash, walk.lower_at),
                    walk.lower_place - (walk.higher_place = walk.lower_place)::integer,
                    higher_blocks.parent_hash,
                    walk.higher_place - 1,
                    walk.higher_place = walk.lower_place,
                    walk.steps_count + 1
                from walk
                inner join {{ blocks }} as higher_blocks
                    on
                        pairs.chain_id = higher_blocks.chain_id
                        and walk.higher_at = higher_blocks.block_hash
                left join {{ blocks }} as lower_blocks
                    on
                        walk.higher_place = walk.lower_place
                        and pairs.chain_id = lower_blocks.chain_id
                        and walk.lower_at = lower_blocks.block_hash
                where
                    walk.lower_at != walk.higher_at
                    and walk.steps_count < {{ deepest_reorganisation() }}
                    and (
                        walk.higher_place > walk.lower_place
                        or lower_blocks.block_hash is not null
                    )
            ),

            ended as (
                select
                    *,
                    lower_at = higher_at as is_met
                from walk
                order by steps_count desc
                limit 1
            )

            select
                case when is_met then lower_at end as ancestor_hash,
                case when is_met then lower_place end as ancestor_number,
                not is_forked and (is_met or higher_place > lower_place) as is_behind,
                case
                    when is_met or steps_count = {{ deepest_reorganisation() }} then null
                    when
                        exists (
                            select 1
                            from {{ blocks }} as held
                            where
                                held.chain_id = pairs.chain_id
                                and held.block_hash = ended.higher_at
                        )
                        then lower_at
                    else higher_at
                end as missing_hash
            from ended
        ) as relations
{%- endmacro %}


{#-
How many blocks are looked through for one that two heads have in common: of those that are
further apart nothing is told. A tenth of a second, where nodes are hours behind each other.
-#}
{% macro deepest_reorganisation() -%}
    10000
{%- endmacro %}
