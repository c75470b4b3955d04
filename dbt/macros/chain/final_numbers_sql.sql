{#-
The highest final number of each chain, by one look-up of the index a chain: `final_blocks`
has a row for each block of history.
-#}
{% macro final_numbers_sql(final_blocks) -%}
    with recursive chains as (
        select min(chain_id) as chain_id
        from {{ final_blocks }}
        union all
        select next_chains.chain_id
        from chains
        cross join
            lateral (
                select min(final_blocks.chain_id) as chain_id
                from {{ final_blocks }} as final_blocks
                where final_blocks.chain_id > chains.chain_id
            ) as next_chains
        where chains.chain_id is not null
    )

    select
        chains.chain_id,
        highest.block_number
    from chains
    cross join
        lateral (
            select max(final_blocks.block_number) as block_number
            from {{ final_blocks }} as final_blocks
            where final_blocks.chain_id = chains.chain_id
        ) as highest
{%- endmacro %}
