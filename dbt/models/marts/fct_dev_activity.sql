{%- set day = ['repository', 'activity_date'] -%}
{{ config(
    unique_key=day,
    meta={'distribution_key': 'repository', 'lookups': ['sentiment_sources']},
    indexes=[{'columns': ['changed_in']}],
) }}

{%- set counts = [
    'issues_opened', 'issues_closed', 'pull_requests_opened', 'pull_requests_closed',
    'bot_opened', 'bot_closed',
] %}

with

touched as (

    {{ touched_units(day, loads={
        ref('stg_github__commits'): 'committed_at',
        ref('stg_github__repositories'): 'received_at',
        ref('stg_github__issues'): 'created_at',
    }) }}
    -- whatever day a snapshot says: what is opened again was closed on none
    union
    select distinct
        snapshots.repository,
        {{ unit_start('activity_date', 'snapshots.closed_at') }} as activity_date
    from {{ ref('stg_github__issues') }} as changed
    inner join {{ ref('stg_github__issues') }} as snapshots
        on
            changed.repository = snapshots.repository
            and changed.issue_id = snapshots.issue_id
    where
        changed.load_id = any({{ claimed_loads() }})
        and snapshots.closed_at is not null

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

issues_of_days as (

    select
        repository,
        issue_id
    from {{ rows_of(ref('stg_github__issues'), day, at='created_at') }} as held
    union
    select
        repository,
        issue_id
    from {{ rows_of(ref('stg_github__issues'), day, at='closed_at') }} as held

),

issues_read as (

    select
        held.*,
        lag(held.closed_at) over in_order as previous_closed_at,
        min(held.received_at) over in_order as first_received_at
    from issues_of_days
    inner join {{ ref('stg_github__issues') }} as held
        on
            issues_of_days.repository = held.repository
            and issues_of_days.issue_id = held.issue_id
    where held.load_id in ({{ finished_loads('bronze_github') }})
    window
        in_order as (
            partition by held.repository, held.issue_id
            order by held.received_at, held.answer_id collate "C", held.item_number
        )

),

-- as an issue reads now, and since when it has been closed, or open again
issues as (

    select distinct on (repository, issue_id)
        *,
        max(received_at) filter (where closed_at is distinct from previous_closed_at) over (
            partition by repository, issue_id
        ) as ended_received_at
    from issues_read
    order by
        repository asc,
        issue_id asc,
        received_at desc,
        answer_id collate "C" desc,
        item_number desc

),

issues_told as (

    {%- for event, at, received_at in [
        ('opened', 'issues.created_at', 'issues.first_received_at'),
        ('closed', 'issues.closed_at', 'issues.ended_received_at'),
    ] %}
    select
        issues.repository,
        {{ unit_start('activity_date', at) }} as activity_date,
        case
            when issues.bot_login is not null then 'bot_{{ event }}'
            when issues.is_pull_request then 'pull_requests_{{ event }}'
            else 'issues_{{ event }}'
        end as counted_as,
        {{ known_at(at, received_at) }} as known_at,
        {{ is_history(at, received_at) }} as is_assumed
    from issues
    cross join rules
    where {{ at }} is not null
    union all
    {%- endfor %}
    -- days on which it counts no longer
    select
        issues.repository,
        {{ unit_start('activity_date', 'issues_read.closed_at') }} as activity_date,
        null as counted_as,
        issues.ended_received_at as known_at,
        false as is_assumed
    from issues
    inner join issues_read
        on
            issues.repository = issues_read.repository
            and issues.issue_id = issues_read.issue_id
    where
        issues_read.closed_at is not null
        and issues_read.closed_at is distinct from issues.closed_at

),

issues_counted as (

    select
        repository,
        activity_date,
        {%- for name in counts %}
        count(*) filter (where counted_as = '{{ name }}') as {{ name }}_count,
        {%- endfor %}
        max(known_at) as known_at,
        bool_or(is_assumed) as is_assumed
    from issues_told
    where {{ is_of_units('issues_told', day, claimed_scope()) }}
    group by
        repository,
        activity_date

),

days as (

    {%- for part in ['committed', 'observed', 'issues_counted'] %}
    {{ 'union' if not loop.first }}
    select
        repository,
        activity_date
    from {{ part }}
    {%- endfor %}

),

activity as (

    select
        days.repository,
        days.activity_date,
        coalesce(committed.commits_count, 0) as commits_count,
        coalesce(committed.bot_commits_count, 0) as bot_commits_count,
        coalesce(committed.merges_count, 0) as merges_count,
        coalesce(committed.authors_count, 0) as authors_count,
        coalesce(committed.bots_count, 0) as bots_count,
        observed.stars_count,
        observed.forks_count,
        observed.open_issues_count,
        observed.received_at as observed_at,
        {%- for name in counts %}
        coalesce(issues_counted.{{ name }}_count, 0) as {{ name }}_count,
        {%- endfor %}
        greatest(committed.known_at, observed.received_at, issues_counted.known_at) as known_at,
        coalesce(committed.is_assumed, false) or coalesce(issues_counted.is_assumed, false)
            as is_assumed,
        {{ own_batch() }} as changed_in
    from days
    {% for part in ['committed', 'observed', 'issues_counted'] -%}
    left join {{ part }}
        on
            days.repository = {{ part }}.repository
            and days.activity_date = {{ part }}.activity_date
    {% endfor %}

)

select * from activity
