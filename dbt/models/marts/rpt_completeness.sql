{%- set day = ['exchange_id', 'symbol', 'opened_date'] -%}
{{ config(
    unique_key=day,
    pre_hook="{{ remember_scope(touched_units(batches={
        ref('int_minutes_accounted'): 'hour_at',
        ref('int_minutes_unasked'): 'hour_at',
        ref('int_candles_chosen'): 'opened_at',
        ref('fct_candle_proofs'): 'opened_at',
    })) }}",
    meta={'unit_of_work': day, 'loses_rows': true},
    indexes=[{'columns': ['changed_in']}],
) }}

{%- set grades = ['provisional', 'closed', 'confirmed', 'sealed'] %}

with

hours as (

    select * from {{ rows_of(ref('int_minutes_accounted'), day, at='hour_at') }}

),

unasked_hours as (

    select * from {{ rows_of(ref('int_minutes_unasked'), day, at='hour_at') }}

),

candles as (

    select * from {{ rows_of(ref('int_candles_chosen'), day, at='opened_at') }}

),

proofs as (

    select * from {{ rows_of(ref('fct_candle_proofs'), day, at='opened_at') }}

),

-- minutes that were asked for, are held, or lie between trades: bits of an hour
minute_masks as (

    select
        hours.exchange_id,
        hours.symbol,
        hours.hour_at,
        {{ asked_or_held_mask('hours') }} | hours.proven_mask as minutes_mask
    from hours
    union all
    select
        exchange_id,
        symbol,
        {{ bucket_start(60, 'opened_at') }} as hour_at,
        bit_or(1::bigint << extract(minute from opened_at)::integer) as minutes_mask
    from proofs
    group by
        exchange_id,
        symbol,
        {{ bucket_start(60, 'opened_at') }}

),

hours_united as (

    select
        exchange_id,
        symbol,
        hour_at,
        bit_or(minutes_mask) as minutes_mask
    from minute_masks
    group by
        exchange_id,
        symbol,
        hour_at

),

hours_counted as (

    select
        exchange_id,
        symbol,
        (hour_at at time zone 'UTC')::date as opened_date,
        sum(bit_count(minutes_mask::bit(64))) as minutes_count
    from hours_united
    group by
        exchange_id,
        symbol,
        (hour_at at time zone 'UTC')::date

),

unasked_counted as (

    select
        unasked_hours.exchange_id,
        unasked_hours.symbol,
        {%- for name in ['not_configured', 'our_fault'] %}
        sum(
            bit_count(
                ({{ still_unasked_mask('unasked_hours.' ~ name ~ '_mask', 'hours') }})::bit(64)
            )
        ) as {{ name }}_count,
        {%- endfor %}
        (unasked_hours.hour_at at time zone 'UTC')::date as opened_date
    from unasked_hours
    left join hours
        on
            unasked_hours.exchange_id = hours.exchange_id
            and unasked_hours.symbol = hours.symbol
            and unasked_hours.hour_at = hours.hour_at
    where (unasked_hours.not_configured_mask | unasked_hours.our_fault_mask) != 0
    group by
        unasked_hours.exchange_id,
        unasked_hours.symbol,
        (unasked_hours.hour_at at time zone 'UTC')::date

),

dates as (

    select
        exchange_id,
        symbol,
        opened_date
    from hours_counted
    union
    select
        exchange_id,
        symbol,
        opened_date
    from unasked_counted

),

candles_counted as (

    select
        exchange_id,
        symbol,
        (opened_at at time zone 'UTC')::date as opened_date,
        {%- for grade in grades %}
        count(*) filter (where evidence_grade = '{{ grade }}') as {{ grade }}_count,
        {%- endfor %}
        count(*) as candles_count
    from candles
    group by
        exchange_id,
        symbol,
        (opened_at at time zone 'UTC')::date

),

proofs_counted as (

    select
        exchange_id,
        symbol,
        (opened_at at time zone 'UTC')::date as opened_date,
        count(*) filter (where proof = 'proven complete') as proven_complete_count,
        count(*) filter (where proof = 'proven empty') as proven_empty_count,
        count(*) filter (where proof = 'lost trades') as lost_minutes_count,
        sum(lost_trades_count) as lost_trades_count,
        count(*) filter (where proof = 'contradicted') as contradicted_count,
        sum(trades_count) as trades_count
    from proofs
    group by
        exchange_id,
        symbol,
        (opened_at at time zone 'UTC')::date

),

days as (

    select
        dates.exchange_id,
        dates.symbol,
        dates.opened_date,
        coalesce(hours_counted.minutes_count, 0) as minutes_count,
        coalesce(unasked_counted.not_configured_count, 0) as not_configured_count,
        coalesce(unasked_counted.our_fault_count, 0) as our_fault_count,
        coalesce(candles_counted.candles_count, 0) as candles_count,
        {%- for grade in grades %}
        coalesce(candles_counted.{{ grade }}_count, 0) as {{ grade }}_count,
        {%- endfor %}
        coalesce(proofs_counted.proven_complete_count, 0) as proven_complete_count,
        coalesce(proofs_counted.proven_empty_count, 0) as proven_empty_count,
        coalesce(proofs_counted.lost_minutes_count, 0) as lost_minutes_count,
        coalesce(proofs_counted.lost_trades_count, 0) as lost_trades_count,
        coalesce(proofs_counted.contradicted_count, 0) as contradicted_count,
        coalesce(proofs_counted.trades_count, 0) as trades_count
    from dates
    {% for counted in [
        'hours_counted', 'unasked_counted', 'candles_counted', 'proofs_counted'
    ] -%}
    left join {{ counted }}
        on
            dates.exchange_id = {{ counted }}.exchange_id
            and dates.symbol = {{ counted }}.symbol
            and dates.opened_date = {{ counted }}.opened_date
    {% endfor %}

),

completeness as (

    select
        exchange_id,
        symbol,
        opened_date,
        minutes_count::bigint as minutes_count,
        candles_count,
        {%- for grade in grades %}
        {{ grade }}_count,
        {%- endfor %}
        proven_complete_count,
        proven_empty_count,
        lost_minutes_count,
        {{ fitting('lost_trades_count', 'bigint') }} as lost_trades_count,
        contradicted_count,
        minutes_count::bigint - proven_complete_count - proven_empty_count
        - lost_minutes_count - contradicted_count as unproven_count,
        ((proven_complete_count + proven_empty_count) / nullif(minutes_count, 0))::numeric(7, 6)
            as proven_ratio,
        not_configured_count::bigint as not_configured_count,
        our_fault_count::bigint as our_fault_count,
        {{ fitting('trades_count', 'bigint') }} as trades_count,
        {{ own_batch() }} as changed_in
    from days
    where minutes_count + not_configured_count + our_fault_count > 0

)

select * from completeness
