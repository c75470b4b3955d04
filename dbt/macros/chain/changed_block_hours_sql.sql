{#-
The hours of the blocks whose place or reading claims moved: by each time that an answer gave
of a block, since the one that stood may have given another.
-#}
{% macro changed_block_hours_sql(canonical, read, headers) -%}
    with

    changed as (

        {{ touched_units(['chain_id', 'block_hash'], batches={
            canonical: 'block_hash',
            read: 'block_hash',
        }) }}

    )

    select distinct
        changed.chain_id,
        {{ bucket_start(60, 'answers.block_at') }} as hour_at
    from changed
    cross join
        lateral (
            select found.block_at
            from {{ headers }} as found
            where
                found.chain_id = changed.chain_id
                and found.block_hash = changed.block_hash
                and found.block_at is not null
            order by found.block_hash
            offset 0
        ) as answers
{%- endmacro %}
