{#-
The columns that `rpt_data_quality` has of every feed, with their types: a model
`int_<feed>_checked` gives them under these names, null where they mean nothing of it.
-#}
{% macro quality_columns() -%}
    {%- set columns = {'scope': 'text', 'subject': 'text', 'feed': 'text', 'hour_at': 'timestamptz'} -%}
    {%- for name in [
        'expected', 'held', 'proven', 'unproven', 'failed', 'undetermined', 'disagreements',
        'quarantined', 'compared', 'broken', 'anomalies',
    ] -%}
        {%- do columns.update({name ~ '_count': 'bigint'}) -%}
    {%- endfor -%}
    {%- for name in ['delay_p50_s', 'delay_p95_s', 'delay_max_s', 'archive_delay_s'] -%}
        {%- do columns.update({name: 'numeric(38, 6)'}) -%}
    {%- endfor -%}
    {%- for name in ['distance_p50_bps', 'distance_max_bps'] -%}
        {%- do columns.update({name: 'numeric(38, 4)'}) -%}
    {%- endfor -%}
    {%- for name in ['accuracy_ratio', 'consistency_ratio'] -%}
        {%- do columns.update({name: 'numeric(38, 18)'}) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}


{#-
The last CTE of `int_<feed>_checked`: of `rows` the columns of `quality_columns`, those that
are not `given` null.
-#}
{% macro as_quality_sql(rows, given) -%}
    select
        {%- for name, data_type in quality_columns().items() %}
        {{ name if name in given else 'null' }}::{{ data_type }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ rows }}
{%- endmacro %}
