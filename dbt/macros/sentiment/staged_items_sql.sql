{#- Items as they were said, of the CTE `source`; the texts are masked. -#}
{% macro staged_items_sql(source_name) -%}
    select
        '{{ source_name }}' as source,
        coalesce(subject, 'unknown')::text as subject,
        item_id::text as item_id,
        kind::text as kind,
        parent_id::text as parent_id,
        {{ masked('title') }} as title,
        {{ masked('text') }} as text,
        url::text as url,
        language::text as language,
        author_hash::text as author_hash,
        author_key_id::text as author_key_id,
        score,
        comments_count,
        is_stickied,
        tombstone::text as tombstone,
        attributes::text as attributes,
        created_at,
        created_text::text as created_text,
        edited_at,
        endpoint::text as endpoint,
        fetch_id::text as fetch_id,
        answer_id::text as answer_id,
        item_number,
        received_at,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from source
{%- endmacro %}
