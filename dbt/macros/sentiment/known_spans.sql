{#-
Rows of a mart whose history is kept, and those that later runs replaced: `changed_in`
is the run that made a row, `ended_in` the one that replaced it, null where it stands.
-#}
{% macro versions_sql(standing, replaced, columns) -%}
    {%- for relation, ended_in in [(standing, 'null::bigint'), (replaced, 'ended_in')] %}
    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        changed_in,
        {{ ended_in }} as ended_in
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#-
The runs that began and ended a row of `versions`, for a `from`; `read_since` says when
one could be read: null of what is older than the history, and of what did not happen.
-#}
{% macro runs_of_versions(mart) -%}
    versions
    {%- for name, run in [('begun', 'changed_in'), ('replaced', 'ended_in')] %}
    left join {{ source('history', 'runs') }} as {{ name }}
        on
            {{ name }}.relation = '{{ mart }}'
            and versions.{{ run }} = {{ name }}.batch_id
    {%- endfor %}
{%- endmacro %}


{#- Who asks while the run is still going on sees its rows now. -#}
{% macro read_since(run) -%}
    coalesce({{ run }}.known_at, case when {{ run }}.batch_id is not null then now() end)
{%- endmacro %}


{#-
The spans in which a version was what one knew, of the CTEs `versions_told` and `rules`:
since it could be read until another one could. The first value that was told, where it
came as history, is assumed to have been known before that, since the source's declared
delay.
-#}
{% macro known_spans_sql(columns, published_at) -%}
    select
        {%- for column in columns %}
        versions_told.{{ column }},
        {%- endfor %}
        spans.known_at,
        spans.known_until,
        spans.is_assumed
    from versions_told
    cross join rules
    cross join
        lateral (
            select
                versions_told.begun_at as known_at,
                versions_told.replaced_at as known_until,
                false as is_assumed
            where versions_told.begun_at is not null
            union all
            select
                versions_told.{{ published_at }}
                + make_interval(mins => rules.assumed_delay_minutes::integer) as known_at,
                coalesce(versions_told.begun_at, versions_told.replaced_at) as known_until,
                true as is_assumed
            where
                versions_told.is_first
                and {{ is_history(
                    'versions_told.' ~ published_at, 'versions_told.begun_at', untold='true'
                ) }}
        ) as spans
{%- endmacro %}
