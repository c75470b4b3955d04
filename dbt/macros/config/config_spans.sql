{#-
The states of the rows of a config table over half-open spans `[valid_from, valid_to)`,
from its changes: a removal, seen or inferred, and a truncation close; a row that a
snapshot read opens what is not open. Equal neighbours are one span. Time never runs
backwards along the order of the changes of a key; of changes at one time the last
stands, so that no span is empty. `is_inferred`, `op`, `lsn`, `transaction_id` and
`transaction_position` are of the change that opened the span.
-#}
{% macro config_spans(changes, key, columns) -%}
    with

    timed as (

        {{ timed_config_changes(changes) }}

    ),

    keys as (

        select distinct
            row_key,
            {{ key | join(', ') }}
        from timed
        where row_key is not null

    ),

    -- a truncation is a change of every key
    changes as (

        select
            keys.row_key,
            {%- for column in key %}
            keys.{{ column }},
            {%- endfor %}
            {%- for column in columns %}
            timed.{{ column }},
            {%- endfor %}
            timed.op,
            timed.lsn,
            timed.effective_lsn,
            timed.is_inferred,
            timed.transaction_id,
            timed.transaction_position,
            timed.topic_offset,
            timed.known_at,
            case
                when timed.op not in ('d', 't')
                    then jsonb_build_array(timed.{{ columns | join(', timed.') }})
            end as row_state
        from keys
        inner join timed
            on keys.row_key = timed.row_key
        union all
        select
            keys.row_key,
            {%- for column in key %}
            keys.{{ column }},
            {%- endfor %}
            {%- for column in columns %}
            timed.{{ column }},
            {%- endfor %}
            timed.op,
            timed.lsn,
            timed.effective_lsn,
            timed.is_inferred,
            timed.transaction_id,
            timed.transaction_position,
            timed.topic_offset,
            timed.known_at,
            null as row_state
        from keys
        cross join timed
        where timed.op = 't'

    ),

    -- a snapshot may be read before older changes are streamed: they tell since when
    dated as (

        select
            *,
            case
                when op = 'r' or is_inferred
                    then
                        least(
                            known_at,
                            min(known_at) filter (where effective_lsn > lsn) over (
                                partition by row_key
                                order by {{ config_order() }}
                                rows between current row and unbounded following
                            )
                        )
                else known_at
            end as begun_at
        from changes

    ),

    numbered as (

        select
            *,
            row_number() over key_changes as change_number,
            max(begun_at) over key_changes as valid_from
        from dated
        window
            key_changes as (
                partition by row_key
                order by {{ config_order() }}
                rows unbounded preceding
            )

    ),

    followed as (

        select
            *,
            lead(valid_from) over (
                partition by row_key
                order by change_number
            ) as next_from
        from numbered

    ),

    compared as (

        select
            *,
            lag(row_state) over (
                partition by row_key
                order by change_number
            ) as last_state
        from followed
        where next_from is distinct from valid_from

    ),

    closed as (

        select
            *,
            lead(valid_from) over (
                partition by row_key
                order by change_number
            ) as valid_to
        from compared
        where row_state is distinct from last_state

    )

    select
        row_key,
        {{ (key + columns) | join(',\n        ') }},
        valid_from,
        valid_to,
        op,
        lsn,
        is_inferred,
        transaction_id,
        transaction_position
    from closed
    where row_state is not null
{%- endmacro %}
