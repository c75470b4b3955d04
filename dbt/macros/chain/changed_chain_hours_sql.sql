{#-
The hours of chains to account for again: of the blocks whose place or reading claims moved,
or of which a load brought something, by each time that an answer gave of them; of the blocks
before them, which a hole may follow; and of stored holes that were asked for.
-#}
{% macro changed_chain_hours_sql(canonical, read, headers, quarantine, disagreements, pages) -%}
    with

    changed as (

        {{ touched_units(
            ['chain_id', 'block_hash'],
            batches={canonical: 'block_hash', read: 'block_hash'},
            loads={disagreements: 'block_hash'},
        ) }}

    ),

    answers as (

        select
            changed.chain_id,
            found.block_number,
            found.block_at
        from changed
        cross join
            lateral (
                select headers.*
                from {{ headers }} as headers
                where
                    headers.chain_id = changed.chain_id
                    and headers.block_hash = changed.block_hash
                order by headers.block_hash
                offset 0
            ) as found

    ),

    numbers as (

        select
            chain_id,
            block_number
        from answers
        union
        {{ touched_units(['chain_id', 'block_number'], loads={
            headers: 'block_number',
            quarantine: 'block_number',
        }) }}

    ),

    times as (

        select
            chain_id,
            block_at
        from answers
        where block_at is not null
        union
        select
            numbers.chain_id,
            near.block_at
        from numbers
        cross join
            lateral (
                select blocks.block_at
                from {{ canonical }} as blocks
                where
                    blocks.chain_id = numbers.chain_id
                    and blocks.block_number <= numbers.block_number
                    and blocks.is_canonical
                order by blocks.block_number desc
                limit 2
            ) as near
        union
        select
            stored.chain_id,
            stored.hour_at
        from {{ pages }} as pages
        inner join {{ this }} as stored
            on
                pages.chain = stored.chain
                and pages.asked_from < stored.missing_until
                and pages.asked_until > stored.missing_from
        where pages.load_id = any({{ claimed_loads() }})

    )

    select distinct
        chain_id,
        {{ bucket_start(60, 'block_at') }} as hour_at
    from times
{%- endmacro %}
