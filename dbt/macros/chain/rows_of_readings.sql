{#-
The rows of a relation that belong to the readings of blocks which a CTE names, with
columns of that CTE; those of logs are of the request that brought the receipts. One index
look-up a block, or a join of all.
-#}
{% macro rows_of_readings(relation, readings, request='request_id', columns=[]) -%}
    (
        select
            {%- for column in columns %}
            readings.{{ column }},
            {%- endfor %}
            parts.*
        from {{ readings }} as readings
        {%- if reads_claims_only() %}
        cross join
            lateral (
                select found.*
                from {{ relation }} as found
                where
                    {{ is_of_reading('found', request) }}
                order by found.chain_id
                offset 0
            ) as parts
        {%- else %}
        inner join {{ relation }} as parts
            on
                {{ is_of_reading('parts', request) }}
        {%- endif %}
    )
{%- endmacro %}


{% macro is_of_reading(parts, request='request_id') -%}
    readings.chain_id = {{ parts }}.chain_id
    and readings.block_hash = {{ parts }}.block_hash
    and readings.load_id = {{ parts }}.load_id
    and readings.{{ request }} = {{ parts }}.request_id
{%- endmacro %}
