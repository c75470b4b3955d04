{#- Every row has an evidence grade that we know. -#}
{% test accepted_grade(model, column_name) -%}
    select *
    from {{ model }}
    where {{ evidence_rank(column_name) }} is null
{%- endtest %}
