{#-
A side of a book, a JSON list of levels, as prices and amounts from the best outwards. The
order of equal prices is theirs as sent; a level of nothing is none.
-#}
{% macro book_side(side, outwards) -%}
    select
        {%- for name, place in {'prices': 0, 'amounts': 1}.items() %}
        array_agg(
            (sent.level ->> {{ place }})::numeric
            order by (sent.level ->> 0)::numeric {{ outwards }}, sent.place
        ) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from jsonb_array_elements({{ side }}::jsonb) with ordinality as sent (level, place)
    where (sent.level ->> 1)::numeric > 0
{%- endmacro %}
