{#- The rows of this model that were judged for want of a link that claims have brought. -#}
{% macro waiting_for_links_sql(blocks) -%}
    select stored.*
    from {{ this }} as stored
    where
        stored.missing_hashes is not null
        and string_to_array(stored.missing_hashes, ',') && array(
            select encode(blocks.block_hash, 'hex')
            from {{ blocks }} as blocks
            where blocks.changed_in = any({{ claimed_batches() }})
        )
{%- endmacro %}
