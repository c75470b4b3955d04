{#-
Rows of loaded files of the archive, each with its file's `path`, `sha256` and
`published_at_ms`, and whether it seals: what the newest version of a path does not repeat
seals nothing.
-#}
{% macro file_readings_sql(rows, files) -%}
    select
        held.*,
        files.path,
        files.sha256,
        files.published_at_ms,
        {{ is_newest_version(files) }} as is_sealing
    from {{ rows }} as held
    inner join {{ files }} as files
        on
            held.file_id = files.file_id
            and held.load_id = files.load_id
    where
        files.status = 'loaded'
        and held.load_id in ({{ finished_loads('bronze_archive') }})
{%- endmacro %}


{#- What other versions of the files say that claimed loads brought: a new one takes their seal. -#}
{% macro rows_of_other_versions_sql(rows, files, feed) -%}
    select history.*
    from {{ files }} as claimed
    inner join {{ files }} as siblings
        on
            claimed.path = siblings.path
            and claimed.load_id != siblings.load_id
    cross join
        lateral (
            select held.*
            from {{ rows }} as held
            where held.file_id = siblings.file_id
            order by held.line_number
            offset 0
        ) as history
    where
        claimed.load_id = any({{ claimed_loads() }})
        and claimed.status = 'loaded'
        and claimed.feed = '{{ feed }}'
        and siblings.status = 'loaded'
{%- endmacro %}
