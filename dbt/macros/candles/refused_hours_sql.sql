{#-
One row is an hour of a file with refused rows, by `file_id`, `load_id` and `hour_ms`; the
bits of `refused_mask` are the minutes of which it tells nothing, therefore. A file that was
loaded before these minutes were kept tells nothing at all.
-#}
{% macro refused_hours_sql(files, spans) -%}
    select
        files.file_id,
        files.load_id,
        hours.hour_ms,
        bit_or(
            {{ minutes_mask(
                'hours.hour_ms',
                'coalesce(spans.refused_from_ms, files.covers_from_ms)',
                'coalesce(spans.refused_until_ms, files.covers_until_ms)',
            ) }}
        ) as refused_mask
    from {{ files }} as files
    left join {{ spans }} as spans
        on
            files.file_id = spans.file_id
            and files.load_id = spans.load_id
    cross join lateral generate_series(
        coalesce(spans.refused_from_ms, files.covers_from_ms) / 3600000 * 3600000,
        coalesce(spans.refused_until_ms, files.covers_until_ms) - 1,
        3600000
    ) as hours (hour_ms)
    where files.refused_count > 0
    group by
        files.file_id,
        files.load_id,
        hours.hour_ms
{%- endmacro %}
