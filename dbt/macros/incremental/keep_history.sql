{#-
A post-hook of every mart: of one with `meta: {history_days: N}`, what its runs change or
take away is kept for N days, and `gold.<mart without fct_>_as_of(at)` gives its rows as a
query at that instant would have seen them. Triggers see what a statement ends, so the
history costs by what changes. A mart that is made anew begins its history anew.
-#}
{% macro keep_history() -%}
    {%- if not (execute and keeps_history(model)) -%}
        {{ return('select 1') }}
    {%- endif -%}
    {%- set kept = 'history.' ~ this.identifier -%}
    {%- if not is_incremental() or not adapter.get_relation(this.database, 'history', this.identifier) %}
    -- views on it go, as those on the mart itself do
    drop table if exists {{ kept }} cascade;
    create table {{ kept }} (like {{ this }}, ended_in bigint not null);
    create index on {{ kept }} (ended_in);
    comment on table {{ kept }} is
    'One row: what {{ this }} held until the run `ended_in`.';
    grant select on {{ kept }} to analyst;
    {%- for event in ['update', 'delete'] %}
    create or replace trigger keep_what_{{ event }}s_end
    after {{ event }} on {{ this }}
    referencing old table as ended
    for each statement execute function history.keep();
    {%- endfor %}
    {{ as_of_function_sql(kept) }}
    delete from history.runs where relation = '{{ this.identifier }}';
    {%- endif %}
    -- one version of many is looked up by its key
    create index if not exists {{ this.identifier }}_key on {{ kept }} ({{ model.config.unique_key | join(', ') }});
    insert into history.runs (relation, batch_id)
    select
        '{{ this.identifier }}',
        {{ own_batch() }}
    where
        exists (select from {{ this }} where changed_in = {{ own_batch() }})
        or exists (select from {{ kept }} where ended_in = {{ own_batch() }})
{%- endmacro %}


{% macro keeps_history(node) -%}
    {{ return(carries_batches(node) and node.config.meta.get('history_days', 0) > 0) }}
{%- endmacro %}


{% macro as_of_function_sql(kept) -%}
    {%- set name = 'gold.' ~ this.identifier | replace('fct_', '') ~ '_as_of' -%}
    {%- set columns = model.columns.values() | rejectattr('name', 'eq', 'changed_in') | list -%}
    {%- set run = "(select history.run_at('" ~ this.identifier ~ "', $1))" -%}
    drop function if exists {{ name }}(timestamptz);
    create function {{ name }}(at timestamptz)
    returns table (
        {%- for column in columns %}
        {{ column.name }} {{ column.data_type }},
        {%- endfor %}
        known_at timestamptz
    )
    language sql
    stable
    parallel safe
    as $as_of$
        {%- for rows, lasted in [
            (this, ''),
            (kept, 'and rows.ended_in > ' ~ run),
        ] %}
        select
            {%- for column in columns %}
            rows.{{ column.name }},
            {%- endfor %}
            runs.known_at
        from {{ rows }} as rows
        left join history.runs as runs
            on runs.relation = '{{ this.identifier }}' and rows.changed_in = runs.batch_id
        where
            rows.changed_in <= {{ run }}
            {{ lasted }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    $as_of$;
    comment on function {{ name }}(timestamptz) is
    '{{ this }} as it stood at an instant; known_at: since when a row could be read, null before its history.';
    grant execute on function {{ name }}(timestamptz) to analyst;
{%- endmacro %}


{#- At the end of a run: what it committed is known now; what is older than is kept goes. -#}
{% macro age_histories() -%}
    {%- if execute and flags.WHICH in ('run', 'build') %}
    update history.runs set known_at = clock_timestamp() where known_at is null;
    {%- for node in graph.nodes.values() if keeps_history(node) %}
    select history.age('{{ node.alias }}', interval '{{ node.config.meta.history_days }} days');
    {%- endfor %}
    {%- endif %}
    select 1
{%- endmacro %}
