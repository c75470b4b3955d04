{#-
A mart's rows of blocks that are final, with the columns of the model's contract, or all where
a unit test has none. Finality is no column of the mart: each new final block would rewrite
the rows of many.
-#}
{% macro finalized_sql(mart, final_blocks) -%}
    select
        {% for column in ((model.columns or ['*']) if execute else ['changed_in']) -%}
        facts.{{ column }}{{ ", " if not loop.last }}
        {%- endfor %}
    from {{ mart }} as facts
    inner join {{ final_blocks }} as final_blocks
        on
            facts.chain_id = final_blocks.chain_id
            and facts.block_number = final_blocks.block_number
            and facts.block_hash = chain.hex(final_blocks.block_hash)
{%- endmacro %}
