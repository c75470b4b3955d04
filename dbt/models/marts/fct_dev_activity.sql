{%- set day = ['repository', 'activity_date'] -%}
{{ config(
    unique_key=day,
    meta={'distribution_key': 'repository', 'lookups': ['sentiment_sources']},
    indexes=[{'columns': ['changed_in']}],
) }}

with

touched as (

    {{ touched_units(day, loads={
        ref('stg_github__commits'): 'committed_at',
        ref('stg_github__repositories'): 'received_at',
    }) }}

),

rules as (

    select * from {{ ref('sentiment_sources') }}
    where source = 'github'

),

-- a commit as it was first received: a later key would make its author another one
commits as (

    select distinct on (repository, sha)
        *,
        (committed_at at time zone 'UTC')::date as activity_date
    from {{ rows_of(ref('stg_github__commits'), day, at='committed_at') }} as held
    where
        load_id in ({{ finished_loads('bronze_github') }})
        and committed_at is not null
    order by
        repository,
        sha,
        received_at,
        answer_id collate "C",
        item_number

),

committed as (

    select
        commits.repository,
        commits.activity_date,
        count(*) filter (where commits.bot_login is null) as commits_count,
        count(*) filter (where commits.bot_login is not null) as bot_commits_count,
        count(*) filter (where commits.bot_login is null and commits.parents_count > 1)
            as merges_count,
        count(distinct commits.author_hash) as authors_count,
        count(distinct commits.bot_login) as bots_count,
        max({{ known_at('commits.committed_at', 'commits.received_at') }}) as known_at,
        bool_or({{ is_history('commits.committed_at', 'commits.received_at') }}) as is_assumed
    from commits
    cross join rules
    group by
        commits.repository,
        commits.activity_date

),

-- the last numbers of a day
observed as (

    select distinct on (repository, (received_at at time zone 'UTC')::date)
        *,
        (received_at at time zone 'UTC')::date as activity_date
    from {{ rows_of(ref('stg_github__repositories'), day, at='received_at') }} as held
    where load_id in ({{ finished_loads('bronze_github') }})
    order by
        repository asc,
        (received_at at time zone 'UTC')::date asc,
        received_at desc,
        answer_id collate "C" desc

),

activity as (

    select
        coalesce(committed.repository, observed.repository) as repository,
        coalesce(committed.activity_date, observed.activity_date) as activity_date,
        coalesce(committed.commits_count, 0) as commits_count,
        coalesce(committed.bot_commits_count, 0) as bot_commits_count,
        coalesce(committed.merges_count, 0) as merges_count,
        coalesce(committed.authors_count, 0) as authors_count,
        coalesce(committed.bots_count, 0) as bots_count,
        observed.stars_count,
        observed.forks_count,
        observed.open_issues_count,
        observed.received_at as observed_at,
        greatest(committed.known_at, observed.received_at) as known_at,
        coalesce(committed.is_assumed, false) as is_assumed,
        {{ own_batch() }} as changed_in
    from committed
    full join observed
        on
            committed.repository = observed.repository
            and committed.activity_date = observed.activity_date

)

select * from activity
