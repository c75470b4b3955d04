{#-
The days of `news` with the spans that were answered for. What was answered once stays
answered: an incremental run unites what it has stored with what is new.
-#}
{% macro united_spans_sql() -%}
    {%- if reads_claims_only() -%}
    select
        news.exchange_id,
        news.symbol,
        news.answered_date,
        news.answered + coalesce(stored.answered, '{}') as answered
    from news
    left join {{ this }} as stored
        on
            news.exchange_id = stored.exchange_id
            and news.symbol = stored.symbol
            and news.answered_date = stored.answered_date
    {%- else -%}
    select * from news
    {%- endif -%}
{%- endmacro %}
