{#-
The hours of `news` with their masks. Nothing heard is ever unheard: what
an incremental run has stored and what is new are united, bit by bit.
-#}
{% macro united_masks_sql(masks) -%}
    {%- if reads_claims_only() -%}
    select
        news.exchange_id,
        news.symbol,
        {%- for mask in masks %}
        news.{{ mask }} | coalesce(stored.{{ mask }}, 0) as {{ mask }},
        {%- endfor %}
        news.hour_at
    from news
    left join
        lateral (
            select this_table.*
            from {{ this }} as this_table
            where
                this_table.exchange_id = news.exchange_id
                and this_table.symbol = news.symbol
                and this_table.hour_at = news.hour_at
            order by this_table.hour_at
            offset 0
        ) as stored
        on true
    {%- else -%}
    select * from news
    {%- endif -%}
{%- endmacro %}
