{#-
The changes of a config table, one row each, its columns typed: `key` and `columns` give
Postgres types by name, the key's in the order of the primary key. A column is as it was
after the change, null of a removal; `<column>_before` is as it was before.

A config table that is added later takes a source table, a view of three lines

    {{ config_changes(source('config', 'sources'), {'source': 'text'}, {'pace': 'numeric'}) }}

a mart of three lines (`config_intervals`), its bronze table's name in CONFIG_TABLES of
`pipelines/sources/config_changes/tables.py`, and YAML as the four have.
-#}
{% macro config_changes(changes, key, columns) -%}
with

source as (

    select * from {{ changes }}

),

images as (

    select
        *,
        row_key::json as key_values,
        before::json as image_before,
        after::json as image_after
    from source

),

changes as (

    select
        row_key::text as row_key,
        op::text as op,
        {%- for column, data_type in key.items() %}
        (key_values ->> {{ loop.index0 }})::{{ data_type }} as {{ column }},
        {%- endfor %}
        {%- for column, data_type in columns.items() %}
        {{ config_value('image_after', column, data_type) }} as {{ column }},
        {%- endfor %}
        {%- for column, data_type in columns.items() %}
        {{ config_value('image_before', column, data_type) }} as {{ column }}_before,
        {%- endfor %}
        lsn,
        transaction_id,
        transaction_position,
        topic_id::text as topic_id,
        topic_partition,
        topic_offset,
        snapshot::text as snapshot,
        is_inferred,
        timestamptz 'epoch' + committed_at_us * interval '1 microsecond' as committed_at,
        timestamptz 'epoch' + captured_at_us * interval '1 microsecond' as captured_at,
        received_at,
        origin::text as origin,
        _dlt_load_id::text as load_id,
        delivery_file::text as delivery_file,
        delivery_row
    from images

)

select * from changes
{%- endmacro %}
