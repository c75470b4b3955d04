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
    }) }}

),

-- a settlement speaks for the interval of its follower, both for the belief in those beside
-- them, and these for the means of seven days
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

followed as (

    select
        *,
        (to_timestamp(settled_at_ms / 1000) at time zone 'UTC')::date as settled_date,
        lag(due_at) over series as previous_due_at,
        lag(settled_at_ms) over series as previous_settled_at_ms
    from settlements
    window series as (partition by exchange_id, symbol order by due_at)

),

-- minutes since the settlement before it, where all in between was answered for
measured as (

    select
        followed.*,
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

),

-- a settlement that the venue left out doubles an interval; nothing halves one
judged as (

    select
        *,
        case
            when interval_hours is not null then null
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
            when interval_hours is not null then interval_hours * 60
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
            when annualised.interval_hours is not null then 'venue'
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
