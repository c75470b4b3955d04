{#-
How many numbers of each of `holes` (chain_id, hour_at, chain, missing_from, missing_until)
are missing for which cause; a block that was heard of says more than what was asked:

    gave_way       the blocks that were read gave way, and none was read in their place
    undetermined   nothing tells which of the blocks that were read is on the chain
    incomplete     a header was read, and not all of its parts
    refused        what was sent is in quarantine
    not_answered   it was asked for
    not_asked      it was not
-#}
{% macro hole_causes_sql(holes, canonical, headers, quarantine, pages) -%}
    with

    heard as (

        select
            holes.chain_id,
            holes.missing_from,
            facts.block_number,
            min(facts.cause) as cause
        from {{ holes }} as holes
        cross join
            lateral (
                {%- for relation, cause in [
                    (canonical, "case when is_canonical is null then '2 undetermined'"
                        ~ " else '1 gave way' end"),
                    (headers, "'3 incomplete'"),
                    (quarantine, "'4 refused'"),
                ] %}
                {{ "union all" if not loop.first }}
                select
                    parts.block_number,
                    {{ cause }} as cause
                from {{ relation }} as parts
                where
                    parts.chain_id = holes.chain_id
                    and parts.block_number >= holes.missing_from
                    and parts.block_number < holes.missing_until
                    {%- if relation != canonical %}
                    and parts.load_id in ({{ finished_loads('bronze_evm') }})
                    {%- endif %}
                {%- endfor %}
            ) as facts
        group by
            holes.chain_id,
            holes.missing_from,
            facts.block_number

    ),

    heard_counted as (

        select
            chain_id,
            missing_from,
            {%- for name in ['1 gave way', '2 undetermined', '3 incomplete', '4 refused'] %}
            count(*) filter (where cause = '{{ name }}')
                as {{ name[2:] | replace(' ', '_') }}_count,
            {%- endfor %}
            count(*) as heard_count,
            range_agg(int8range(block_number, block_number + 1)) as heard_numbers
        from heard
        group by
            chain_id,
            missing_from

    ),

    asked as (

        select
            holes.chain_id,
            holes.missing_from,
            range_agg(int8range(pages.asked_from, pages.asked_until))
            * int8multirange(int8range(holes.missing_from, holes.missing_until))
                as asked_numbers
        from {{ holes }} as holes
        inner join {{ pages }} as pages
            on
                holes.chain = pages.chain
                and holes.missing_from < pages.asked_until
                and holes.missing_until > pages.asked_from
        where pages.load_id in ({{ finished_loads('bronze_evm') }})
        group by
            holes.chain_id,
            holes.missing_from,
            holes.missing_until

    ),

    counted as (

        select
            holes.*,
            holes.missing_until - holes.missing_from as missing_count,
            coalesce(heard_counted.heard_count, 0) as heard_count,
            {%- for name in ['gave_way', 'undetermined', 'incomplete', 'refused'] %}
            coalesce(heard_counted.{{ name }}_count, 0) as {{ name }}_count,
            {%- endfor %}
            (
                select coalesce(sum(upper(spans.span) - lower(spans.span)), 0)
                from
                    unnest(
                        asked.asked_numbers - coalesce(heard_counted.heard_numbers, '{}')
                    ) as spans (span)
            ) as not_answered_count
        from {{ holes }} as holes
        left join heard_counted
            on
                holes.chain_id = heard_counted.chain_id
                and holes.missing_from = heard_counted.missing_from
        left join asked
            on
                holes.chain_id = asked.chain_id
                and holes.missing_from = asked.missing_from

    )

    select
        *,
        missing_count - heard_count - not_answered_count as not_asked_count
    from counted
{%- endmacro %}
