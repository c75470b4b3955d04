{{ config(
    unique_key=['exchange_id', 'symbol', 'opened_at'],
    indexes=[{'columns': ['changed_in']}],
) }}

{%- set hour = ['exchange_id', 'symbol', 'hour_at'] -%}
{%- set claims_only = reads_claims_only() -%}
{%- set values = [
    'open', 'high', 'low', 'close', 'base_volume', 'quote_volume', 'taker_buy_base',
    'taker_buy_quote',
] -%}
{%- set longest_hole = "interval '7 days'" %}

with

-- where a candle, a minute of trades or an answer changed, and every hour between such a
-- minute and its traded neighbours
touched as (

    {{ touched_units(hour, batches={
        ref('int_candles_graded'): 'opened_at',
        ref('int_minutes_answered'): 'hour_at',
        ref('int_trades_answered'): 'hour_at',
    }) }}
    union
    select
        rebuilt.exchange_id,
        rebuilt.symbol,
        hours.hour_at
    from {{ ref('int_candles_rebuilt') }} as rebuilt
    cross join
        lateral generate_series(
            {{ bucket_start(60, 'coalesce(rebuilt.previous_opened_at, rebuilt.opened_at)') }},
            {{ bucket_start(60, 'coalesce(rebuilt.next_opened_at, rebuilt.opened_at)') }},
            interval '1 hour'
        ) as hours (hour_at)
    where rebuilt.changed_in = any({{ claimed_batches() }})

),

candles as (

    select * from {{ rows_of(ref('int_candles_graded'), hour, at='opened_at') }}

),

held_minutes as (

    select * from {{ rows_of(ref('int_candles_rebuilt'), hour, at='opened_at') }}
    {%- if claims_only %}
    -- an hour's first minutes lie after the last traded minute before it
    union
    select earlier.*
    from touched
    cross join
        lateral (
            select rebuilt.*
            from {{ ref('int_candles_rebuilt') }} as rebuilt
            where
                rebuilt.exchange_id = touched.exchange_id
                and rebuilt.symbol = touched.symbol
                and rebuilt.opened_at < touched.hour_at
            order by rebuilt.opened_at desc
            limit 1
        ) as earlier
    {%- endif %}

),

-- minutes without trades know the traded one before them, and what comes after it
quiet_minutes as (

    select
        held_minutes.exchange_id,
        held_minutes.symbol,
        held_minutes.opened_at + quiet.minute_number * interval '1 minute' as opened_at,
        held_minutes.last_trade_id,
        held_minutes.next_first_trade_id
    from held_minutes
    cross join
        lateral generate_series(
            1,
            extract(epoch from held_minutes.next_opened_at - held_minutes.opened_at)::integer / 60
            - 1
        ) as quiet (minute_number)
    where
        held_minutes.next_opened_at > held_minutes.opened_at + interval '1 minute'
        and held_minutes.next_opened_at <= held_minutes.opened_at + {{ longest_hole }}

),

-- a longer hole speaks only for those of its minutes that have a candle
long_holes as (

    select
        exchange_id,
        symbol,
        opened_at,
        next_opened_at,
        last_trade_id,
        next_first_trade_id
    from held_minutes
    where next_opened_at > opened_at + {{ longest_hole }}

),

lonely_minutes as (

    select
        candles.exchange_id,
        candles.symbol,
        candles.opened_at,
        long_holes.last_trade_id,
        long_holes.next_first_trade_id
    from long_holes
    inner join candles
        on
            long_holes.exchange_id = candles.exchange_id
            and long_holes.symbol = candles.symbol
            and long_holes.opened_at < candles.opened_at
            and long_holes.next_opened_at > candles.opened_at

),

untraded_minutes as (

    select * from quiet_minutes
    union all
    select * from lonely_minutes

),

placed_minutes as (

    select
        exchange_id,
        symbol,
        opened_at,
        true as is_traded,
        {{ values | join(',\n        ') }},
        trades_count,
        first_trade_id,
        last_trade_id,
        missing_inside_count,
        is_overlapping,
        case when is_quote_given then 0 else 0.00000001 * trades_count end as paid_tolerance,
        case when {{ settles_in_base('symbol') }} then 0.00000001 * trades_count else 0 end
            as base_tolerance,
        last_trade_id as id_before,
        next_first_trade_id as id_after,
        coalesce(previous_last_trade_id + 1 = first_trade_id, false) as is_next_to_earlier,
        previous_opened_at is not null and next_opened_at is not null as has_neighbours
    from held_minutes
    union all
    select
        exchange_id,
        symbol,
        opened_at,
        false as is_traded,
        {%- for name in values %}
        null as {{ name }},
        {%- endfor %}
        null as trades_count,
        null as first_trade_id,
        null as last_trade_id,
        0 as missing_inside_count,
        false as is_overlapping,
        0 as paid_tolerance,
        0 as base_tolerance,
        last_trade_id as id_before,
        next_first_trade_id as id_after,
        true as is_next_to_earlier,
        true as has_neighbours
    from untraded_minutes

),

-- a candle that was read before its end proves nothing, but it is there
compared as (

    select
        coalesce(candles.exchange_id, placed_minutes.exchange_id) as exchange_id,
        coalesce(candles.symbol, placed_minutes.symbol) as symbol,
        coalesce(candles.opened_at, placed_minutes.opened_at) as opened_at,
        candles.opened_at is not null as has_candle,
        coalesce(candles.evidence_grade != 'provisional', false) as has_final_candle,
        {%- for name in values + ['trades_count'] %}
        case when candles.evidence_grade != 'provisional' then candles.{{ name }} end
            as candle_{{ name }},
        placed_minutes.{{ name }},
        {%- endfor %}
        coalesce(placed_minutes.is_traded, false) as is_traded,
        placed_minutes.first_trade_id,
        placed_minutes.last_trade_id,
        coalesce(placed_minutes.missing_inside_count, 0) as missing_inside_count,
        coalesce(placed_minutes.is_overlapping, false) as is_overlapping,
        placed_minutes.paid_tolerance,
        placed_minutes.base_tolerance,
        placed_minutes.id_before,
        placed_minutes.id_after,
        coalesce(
            placed_minutes.id_before + 1 = placed_minutes.id_after
            and placed_minutes.is_next_to_earlier,
            false
        ) as is_contiguous,
        coalesce(placed_minutes.has_neighbours, false) as has_neighbours
    from candles
    full join placed_minutes
        on
            candles.exchange_id = placed_minutes.exchange_id
            and candles.symbol = placed_minutes.symbol
            and candles.opened_at = placed_minutes.opened_at

),

timed as (

    select
        compared.*,
        {{ bucket_start(60, 'compared.opened_at') }} as hour_at,
        extract(minute from compared.opened_at at time zone 'UTC')::integer as minute_number
    from compared
    {%- if claims_only %}
    where
        (
            compared.exchange_id,
            compared.symbol,
            {{ bucket_start(60, 'compared.opened_at') }}
        ) in (
            select
                touched.exchange_id,
                touched.symbol,
                touched.hour_at
            from touched
        )
    {%- endif %}

),

evidence as (

    select
        timed.*,
        coalesce(asked.answered_full_mask >> timed.minute_number & 1 = 1, false)
            as is_answered_full,
        coalesce(
            (asked.answered_full_mask | asked.answered_sparse_mask)
            >> timed.minute_number & 1 = 1,
            false
        ) as is_answered,
        coalesce(told.whole_mask >> timed.minute_number & 1 = 1, false)
        or (
            timed.has_neighbours
            and (
                timed.is_traded
                or coalesce(told.touched_mask >> timed.minute_number & 1 = 1, false)
            )
        ) as is_covered
    from timed
    left join {{ ref('int_minutes_answered') }} as asked
        on
            timed.exchange_id = asked.exchange_id
            and timed.symbol = asked.symbol
            and timed.hour_at = asked.hour_at
    left join {{ ref('int_trades_answered') }} as told
        on
            timed.exchange_id = told.exchange_id
            and timed.symbol = told.symbol
            and timed.hour_at = told.hour_at

),

weighed as (

    select
        *,
        candle_trades_count - trades_count as excess_count,
        coalesce(
            {%- for value in differing_values() %}
            {{ 'or ' if not loop.first }}coalesce({{ value.differs }}, false)
            {%- endfor %},
            false
        )
        -- a sum that no column holds can not equal the candle's
        or (is_traded and base_volume is null) as is_differing,
        coalesce(candle_trades_count, 0) > 0
        or coalesce(candle_base_volume, candle_quote_volume, 0) > 0 as is_candle_traded,
        -- what is said of trades by a candle that counts none, or has no volume
        coalesce(
            candle_open != candle_close
            or candle_high != candle_low
            or candle_quote_volume > 0
            or candle_taker_buy_base > 0
            or candle_taker_buy_quote > 0,
            false
        ) as is_candle_moving
    from evidence

),

-- what a finding comes to
findings (finding, proof) as (

    values
    ('complete', 'proven complete'),
    ('empty', 'proven empty'),
    ('ids missing', 'lost trades'),
    ('count above', 'lost trades'),
    ('none held', 'lost trades'),
    ('ids overlap', 'contradicted'),
    ('no room by ids', 'contradicted'),
    ('count below', 'contradicted'),
    ('values differ', 'contradicted'),
    ('volume of nothing', 'contradicted'),
    ('moved by nothing', 'contradicted'),
    ('candle missing', 'unproven'),
    ('edges open', 'unproven'),
    ('room by ids', 'unproven'),
    ('not loaded', 'unproven'),
    ('not loaded whole', 'unproven'),
    ('not numbered', 'unproven')

),

-- the first of these that holds decides
found as (

    select
        *,
        case
            when is_traded
                then
                    case
                        when is_overlapping then 'ids overlap'
                        when missing_inside_count > 0 then 'ids missing'
                        when excess_count > 0 and is_contiguous then 'no room by ids'
                        when excess_count > 0 and is_covered then 'count above'
                        when excess_count > 0 then 'not loaded whole'
                        when excess_count < 0 then 'count below'
                        when is_differing and (excess_count = 0 or is_covered)
                            then 'values differ'
                        when is_differing then 'not loaded whole'
                        when has_final_candle and excess_count = 0 then 'complete'
                        when is_answered and not has_final_candle then 'candle missing'
                        when is_contiguous then 'complete'
                        when first_trade_id is null then 'not numbered'
                        else 'edges open'
                    end
            when is_contiguous and is_candle_traded then 'no room by ids'
            when is_candle_moving and not is_candle_traded then 'moved by nothing'
            when is_contiguous then 'empty'
            when not has_final_candle then 'room by ids'
            when candle_trades_count = 0 and is_candle_traded then 'volume of nothing'
            when not is_covered then 'not loaded'
            when candle_trades_count = 0 then 'empty'
            when is_candle_traded then 'none held'
            else 'not numbered'
        end as finding
    from weighed

),

-- a finding is made once a row where it is joined, not once for each column that reads it
judged as (

    select
        found.*,
        findings.finding as judged_finding,
        findings.proof,
        case findings.finding
            when 'ids missing'
                then
                    case
                        when found.is_covered
                            then greatest(found.missing_inside_count, found.excess_count)
                        else found.missing_inside_count
                    end
            when 'count above' then found.excess_count
            when 'none held' then found.candle_trades_count
            when 'complete' then 0
            when 'empty' then 0
        end as lost_trades_count
    from found
    left join findings
        on found.finding = findings.finding

),

proofs as (

    select
        exchange_id::text as exchange_id,
        symbol::text as symbol,
        opened_at,
        proof,
        lost_trades_count::bigint as lost_trades_count,
        {{ proof_reason() }} as reason,
        proof in ('proven complete', 'proven empty') as is_proven,
        trades_count::bigint as trades_count,
        candle_trades_count::bigint as candle_trades_count,
        first_trade_id,
        last_trade_id,
        {{ fitting('candle_base_volume - base_volume') }} as base_volume_difference,
        {{ fitting('candle_quote_volume - quote_volume') }} as quote_volume_difference,
        {{ own_batch() }} as changed_in
    from judged

)

select * from proofs
