{%- set hour = ['hour_at'] -%}
{%- set told = ref('int_mentions_counted') -%}
{%- set weeks = "(values (0), (7), (14), (21), (28)) as weeks (days_count)" -%}
{{ config(
    unique_key=['asset', 'hour_at'],
    pre_hook="{{ no_nested_loops() }}",
    meta={'distribution_key': 'asset', 'lookups': ['asset_aliases']},
    indexes=[{'columns': hour}, {'columns': ['changed_in']}],
) }}

with

-- an hour is compared with those of the four weeks before it
changed as (

    select distinct units.hour_at + make_interval(days => weeks.days_count) as hour_at
    from ({{ touched_units(hour, batches={told: 'hour_at'}) }}) as units
    cross join {{ weeks }}

),

touched as (

    select distinct changed.hour_at - make_interval(days => weeks.days_count) as hour_at
    from changed
    cross join {{ weeks }}

),

hours as (

    select * from {{ rows_of(told, hour) }}

),

asked as (

    select
        hour_at,
        array_agg(source order by source collate "C") as sources,
        max(known_at) as known_at,
        bool_or(is_assumed) as is_assumed
    from hours
    group by hour_at

),

named as (

    select
        hours.hour_at,
        mentions.asset,
        sum(mentions.mentions_count) as mentions_count,
        max(mentions.known_at) as known_at,
        bool_or(mentions.is_assumed) as is_assumed
    from hours
    cross join
        lateral unnest(hours.assets, hours.mention_counts, hours.known_ats, hours.are_assumed)
            as mentions (asset, mentions_count, known_at, is_assumed)
    group by
        hours.hour_at,
        mentions.asset

),

assets as (

    select distinct asset from {{ ref('asset_aliases') }}

),

counted as (

    select
        assets.asset,
        asked.hour_at,
        asked.sources,
        coalesce(named.mentions_count, 0) as mentions_count,
        greatest(asked.known_at, named.known_at) as known_at,
        asked.is_assumed or coalesce(named.is_assumed, false) as is_assumed
    from asked
    cross join assets
    left join named
        on
            asked.hour_at = named.hour_at
            and assets.asset = named.asset

),

-- as a CTE of its own it is joined by asset and hour, and not by asset alone
compared as materialized (

    select
        counted.asset,
        counted.hour_at,
        counted.sources,
        counted.hour_at - make_interval(days => weeks.days_count) as earlier_at
    from counted
    cross join {{ weeks }}
    where
        weeks.days_count > 0
        and {{ is_of_units('counted', hour, 'changed') }}

),

-- more sources name everything more often: an hour is compared with those of its own ones;
-- that another one is not compared with is known since it is
earlier as (

    select
        compared.asset,
        compared.hour_at,
        compared.sources = found.sources as is_compared,
        found.mentions_count::double precision as mentions_count,
        found.known_at,
        found.is_assumed
    from compared
    inner join counted as found
        on
            compared.asset = found.asset
            and compared.earlier_at = found.hour_at

),

medians as (

    select
        asset,
        hour_at,
        count(*) filter (where is_compared) as compared_hours_count,
        percentile_cont(0.5) within group (order by mentions_count) filter (where is_compared)
            as mentions_median,
        max(known_at) as known_at,
        bool_or(is_assumed) as is_assumed
    from earlier
    group by
        asset,
        hour_at

),

deviations as (

    select
        medians.asset,
        medians.hour_at,
        percentile_cont(0.5) within group (
            order by abs(earlier.mentions_count - medians.mentions_median)
        ) as mentions_mad
    from medians
    inner join earlier
        on
            medians.asset = earlier.asset
            and medians.hour_at = earlier.hour_at
    where earlier.is_compared
    group by
        medians.asset,
        medians.hour_at

),

measured as (

    select
        counted.asset,
        counted.hour_at,
        counted.sources,
        counted.mentions_count,
        coalesce(medians.compared_hours_count, 0) as compared_hours_count,
        medians.mentions_median::numeric(38, 18) as mentions_median,
        deviations.mentions_mad::numeric(38, 18) as mentions_mad,
        greatest(counted.known_at, medians.known_at) as known_at,
        counted.is_assumed or coalesce(medians.is_assumed, false) as is_assumed
    from counted
    left join medians
        on
            counted.asset = medians.asset
            and counted.hour_at = medians.hour_at
    left join deviations
        on
            counted.asset = deviations.asset
            and counted.hour_at = deviations.hour_at
    where {{ is_of_units('counted', hour, 'changed') }}

),

attention as (

    select
        asset,
        hour_at,
        mentions_count::bigint as mentions_count,
        sources,
        compared_hours_count,
        mentions_median,
        mentions_mad,
        round(
            (mentions_count - mentions_median) / nullif(1.4826 * mentions_mad, 0), 18
        )::numeric(38, 18) as attention,
        case
            when compared_hours_count = 0 then 'no hour of the same sources to compare with'
            when mentions_mad = 0 then 'no deviation in the hours compared with'
        end as attention_missing_for,
        known_at,
        is_assumed,
        {{ own_batch() }} as changed_in
    from measured

)

select * from attention
