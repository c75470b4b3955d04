{#- A join that keeps the rows of the days that a run recomputes: of all, on a full refresh. -#}
{% macro of_affected_days(rows, at) -%}
    {%- if reads_claims_only() -%}
    inner join affected
        on
            {{ rows }}.exchange_id = affected.exchange_id
            and {{ rows }}.symbol = affected.symbol
            and ({{ at }} at time zone 'UTC')::date = affected.answered_date
    {%- endif -%}
{%- endmacro %}
