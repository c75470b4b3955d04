{#-
What is wrong with the data of a TransferBatch, or null: two arrays of one length, of which
it points to each, and nothing else.
-#}
{% macro batch_flaw(data) -%}
    {%- set ids = 'chain.array_length(' ~ data ~ ', 0)' -%}
    {%- set amounts = 'chain.array_length(' ~ data ~ ', 1)' -%}
    case
        when {{ ids }} is null or {{ amounts }} is null then 'an array is not all there'
        when {{ ids }} != {{ amounts }}
            then {{ ids }} || ' ids and ' || {{ amounts }} || ' amounts'
        when octet_length({{ data }}) != 128 + 64 * {{ ids }}
            then octet_length({{ data }}) || ' bytes of data, not ' || 128 + 64 * {{ ids }}
    end
{%- endmacro %}
