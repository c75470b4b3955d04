{%- set day = ['exchange_id', 'symbol', 'answered_date'] -%}
{{ config(
    unique_key=['exchange_id', 'symbol', 'due_at'],
    meta={'lookups': ['funding_regimes'], 'distribution_key': 'symbol'},
    indexes=[{'columns': ['changed_in']}],
) }}

with

news as (

    {{ touched_units(day, batches={
        ref('int_funding_settled'): 'due_at',
        ref('int_funding_answered'): 'answered_date',
    }, loads={ref('stg_exchange__funding_intervals'): 'observed_at_ms'}) }}

),

-- a settlement speaks for the interval of its follower, both for the belief in those beside
-- them, what a venue says of intervals for a day around it, and these for the means of
-- seven days
affected as (

    {{ days_around_sql('news', 1, 8) }}

),

-- what the affected days are computed from
touched as (

    {{ days_around_sql('affected', 8, 1) }}

),

settlements as (

    select * from {{ rows_of(ref('int_funding_settled'), day, at='due_at') }}

),

answered as (

    select * from {{ rows_of(ref('int_funding_answered'), day) }}

),

-- of what is said otherwise at one moment nothing is known
said as (

    select
        exchange_id,
        symbol,
        observed_at_ms,
        max(interval_hours) as interval_hours
    from {{ rows_of(ref('stg_exchange__funding_intervals'), day, at='observed_at_ms') }}
    where
        load_id in ({{ finished_loads('bronze_exchange') }})
        and interval_hours > 0
        and interval_hours <= 24
    group by
        exchange_id,
        symbol,
        observed_at_ms
    having min(interval_hours) = max(interval_hours)

),

said_next as (

    select
        *,
        interval_hours * 3600000 as interval_ms,
        lead(observed_at_ms) over series as next_observed_at_ms,
        lead(interval_hours) over series as next_interval_hours
    from said
    window series as (partition by exchange_id, symbol order by observed_at_ms)

),

-- by each day on which a settlement may lie that it is said of
said_by_day as (

    select
        said_next.*,
        (to_timestamp(of_days.day_ms / 1000) at time zone 'UTC')::date as due_date
    from said_next
    cross join
        lateral generate_series(
            said_next.observed_at_ms / 86400000 * 86400000,
            said_next.observed_at_ms + said_next.interval_ms,
            86400000
        ) as of_days (day_ms)

),

followed as (

    select
        *,
        (to_timestamp(settled_at_ms / 1000) at time zone 'UTC')::date as settled_date,
        (due_at at time zone 'UTC')::date as due_date,
        (1000 * extract(epoch from due_at))::bigint as due_at_ms,
        lag(due_at) over series as previous_due_at,
        lag(settled_at_ms) over series as previous_settled_at_ms
    from settlements
    window series as (partition by exchange_id, symbol order by due_at)

),

-- minutes since the settlement before it, where all in between was answered for; and what
-- the venue said within the interval that it names, unless it says otherwise as soon after
-- it, or a settlement lies within
measured as (

    select
        followed.*,
        coalesce(followed.interval_hours, said_by_day.interval_hours) as told_hours,
        case
            when
                coalesce(day_before.answered, '{}') + coalesce(day_of.answered, '{}')
                @> int8range(followed.previous_settled_at_ms, followed.settled_at_ms, '[]')
                then extract(epoch from followed.due_at - followed.previous_due_at) / 60
        end as measured_minutes
    from followed
    left join answered as day_of
        on
            followed.exchange_id = day_of.exchange_id
            and followed.symbol = day_of.symbol
            and followed.settled_date = day_of.answered_date
    left join answered as day_before
        on
            followed.exchange_id = day_before.exchange_id
            and followed.symbol = day_before.symbol
            and followed.settled_date - 1 = day_before.answered_date
    left join said_by_day
        on
            followed.exchange_id = said_by_day.exchange_id
            and followed.symbol = said_by_day.symbol
            and followed.due_date = said_by_day.due_date
            and followed.due_at_ms >= said_by_day.observed_at_ms
            and coalesce(followed.due_at_ms < said_by_day.next_observed_at_ms, true)
            and followed.due_at_ms - said_by_day.observed_at_ms <= said_by_day.interval_ms
            and coalesce(
                said_by_day.next_interval_hours = said_by_day.interval_hours
                or said_by_day.next_observed_at_ms - followed.due_at_ms
                > said_by_day.interval_ms,
                true
            )
            and coalesce(
                followed.due_at - followed.previous_due_at
                >= said_by_day.interval_hours * interval '1 hour',
                true
            )

),

-- a settlement that the venue left out doubles an interval; nothing halves one
judged as (

    select
        *,
        case
            when told_hours is not null then null
            when measured_minutes is null then 'not answered for since one before it'
            when measured_minutes > {{ longest_funding_minutes() }}
                then 'longer than any interval of funding'
            when
                measured_minutes > lag(measured_minutes) over series
                and measured_minutes > lead(measured_minutes) over series
                then 'longer than those around it'
        end as interval_missing_for
    from measured
    window series as (partition by exchange_id, symbol order by due_at)

),

spaced as (

    select
        *,
        case
            when told_hours is not null then told_hours * 60
            when interval_missing_for is null then measured_minutes
        end as interval_minutes
    from judged

),

-- what was settled just seven days ago is for hours before them
averaged as (

    select
        *,
        sum(interval_minutes) over last_week as minutes_7d,
        sum(funding_rate) filter (where interval_minutes is not null) over last_week
            as funding_rate_7d
    from spaced
    window
        last_week as (
            partition by exchange_id, symbol
            order by due_at
            range between interval '10079 minutes' preceding and current row
        )

),

-- the minutes of a year have decimals, so that a quotient is rounded once
annualised as (

    select
        *,
        {{ fitting('(funding_rate * 525600::numeric(38, 18) / interval_minutes)') }}
            as annualised_rate,
        {{ fitting('(funding_rate_7d * 525600::numeric(38, 18) / minutes_7d)') }}
            as annualised_rate_7d
    from averaged

),

funding as (

    select
        annualised.exchange_id,
        annualised.symbol,
        to_timestamp(annualised.settled_at_ms / 1000.0) as settled_at,
        annualised.due_at,
        annualised.funding_rate::numeric(38, 36) as rate,
        (annualised.interval_minutes / 60)::numeric(38, 18) as interval_hours,
        case
            when annualised.told_hours is not null then 'venue'
            when annualised.interval_minutes is not null then 'settlements'
        end as interval_source,
        annualised.interval_missing_for,
        annualised.annualised_rate,
        annualised.annualised_rate_7d,
        (annualised.minutes_7d / 60)::numeric(38, 18) as hours_7d,
        regimes.regime,
        annualised.mark_price::numeric(38, 18) as mark_price,
        annualised.evidence_grade,
        annualised.source,
        annualised.reading_id,
        annualised.is_contradicted,
        {{ own_batch() }} as changed_in
    from annualised
    left join
        lateral (
            select thresholds.regime
            from {{ ref('funding_regimes') }} as thresholds
            where
                annualised.annualised_rate_7d is not null
                and (
                    thresholds.from_annualised_rate is null
                    or thresholds.from_annualised_rate <= annualised.annualised_rate_7d
                )
            order by thresholds.from_annualised_rate desc nulls last
            limit 1
        ) as regimes
        on true
    {{ of_affected_days('annualised', 'annualised.due_at') }}

)

select * from funding
