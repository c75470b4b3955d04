{#-
Up to which number blocks were final when each of these loads read them, by load and chain:
the lowest that an endpoint named in it. A load that was told of none has no row.
-#}
{% macro load_ends_sql(headers, heads) -%}
    select
        loads.load_id,
        heads.chain_id,
        min(heads.block_number) as final_number
    from (select distinct load_id from {{ headers }}) as loads
    inner join {{ heads }} as heads on loads.load_id = heads.load_id
    where heads.tag = 'finalized'
    group by
        loads.load_id,
        heads.chain_id
{%- endmacro %}
