-- Which repositories are built on: commits of people and bots, and how many starred them?
select
    a.repository,
    sum(a.commits_count) as commits_count,
    sum(a.bot_commits_count) as bot_commits_count,
    max(a.authors_count) as most_authors_a_day,
    count(*) filter (where a.commits_count > 0) as active_days_count,
    max(a.activity_date) as last_date,
    max(a.stars_count) as stars_count
from gold.fct_dev_activity as a
group by a.repository
order by commits_count desc, a.repository asc;
