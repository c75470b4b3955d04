{#-
Rows of files of metrics, by the instant that they measure: the end of their five minutes.
Files of USD-M before 2026-06-25 are stamped there, later ones and all of COIN-M at the
start: https://github.com/binance/binance-public-data/issues/491. So the last row of the
last file of the old way and the first of the new way are neighbours.
-#}
{% macro measured_metrics_sql(rows, files) -%}
    select
        read_rows.*,
        case
            when versions.market = 'um' and versions.covers_from_ms < 1782345600000
                then read_rows.stamped_at_ms
            else read_rows.stamped_at_ms + 300000
        end as observed_at_ms
    from (
        {{ file_readings_sql(rows, files) }}
    ) as read_rows
    inner join {{ files }} as versions
        on
            read_rows.file_id = versions.file_id
            and read_rows.load_id = versions.load_id
{%- endmacro %}


{#- The days that claimed readings are of, and the next one for files that stamp a start. -#}
{% macro touched_metric_days_sql(relations, metrics, files) -%}
    {%- set union = joiner('union') -%}
    {%- for relation in relations %}
    {{ union() }}
    select distinct
        exchange_id,
        symbol,
        (to_timestamp(observed_at_ms / 1000) at time zone 'UTC')::date as answered_date
    from {{ relation }}
    where load_id = any({{ claimed_loads() }})
    {%- endfor %}
    {{ union() }}
    select
        stamps.exchange_id,
        stamps.symbol,
        (to_timestamp(stamps.stamped_at_ms / 1000) at time zone 'UTC')::date + next_days.step
    from (
        select
            exchange_id,
            symbol,
            stamped_at_ms
        from {{ metrics }}
        where load_id = any({{ claimed_loads() }})
        union
        select
            other_versions.exchange_id,
            other_versions.symbol,
            other_versions.stamped_at_ms
        from (
            {{ rows_of_other_versions_sql(metrics, files, 'metrics') }}
        ) as other_versions
    ) as stamps
    cross join generate_series(0, 1) as next_days (step)
{%- endmacro %}
