{#- Whether no loaded version of the path of the file `files` was published after it. -#}
{% macro is_newest_version(all_files) -%}
    not exists (
            select 1
            from {{ all_files }} as newer
            where
                newer.path = files.path
                and newer.status = 'loaded'
                and (newer.published_at_ms, newer.sha256)
                > (files.published_at_ms, files.sha256)
                and newer.load_id in ({{ finished_loads('bronze_archive') }})
        )
{%- endmacro %}
