{%- set hour = ['exchange_id', 'symbol', 'hour_at'] -%}
{{ config(
    unique_key=hour,
    pre_hook="{{ remember_scope(touched_units(
        batches={
            ref('int_trades_answered'): 'hour_at',
            ref('fct_candle_proofs'): 'opened_at',
        },
        loads={ref('int_trades_gathered'): 'traded_at_ns'},
    )) }}",
    meta={'unit_of_work': hour},
    indexes=[
        {'columns': hour, 'unique': true},
        {'columns': ['changed_in']},
    ],
) }}

{%- set trade = [
    'is_aggregate', 'trade_id', 'traded_at_ns', 'price', 'base_amount', 'taker_side',
] %}

with

answered as (

    select * from {{ rows_of(ref('int_trades_answered'), hour) }}

),

minutes as (

    select
        *,
        {{ bucket_start(60, 'opened_at') }} as hour_at
    from {{ rows_of(ref('fct_candle_proofs'), hour, at='opened_at') }}
    where
        trades_count > 0
        or lost_trades_count > 0

),

minutes_counted as (

    select
        {{ hour | join(',\n        ') }},
        sum(trades_count) as held_count,
        sum(trades_count) filter (where is_proven) as proven_count,
        sum(trades_count) filter (where proof in ('lost trades', 'contradicted'))
            as failed_count,
        sum(trades_count) filter (where proof = 'contradicted') as broken_count,
        sum(lost_trades_count) as lost_count,
        bool_and(coalesce(first_trade_id, candle_trades_count) is not null) as is_countable
    from minutes
    group by {{ hour | join(', ') }}

),

-- an answer that is repeated brings nothing new: a trade is known since its first commit
sent as (

    select
        answers.exchange_id,
        answers.symbol,
        {{ bucket_start(60, 'to_timestamp(answers.traded_at_ns / 1000000000)') }} as hour_at,
        answers.{{ trade | join(',\n        answers.') }},
        min(loads.completed_at) as committed_at
    from {{ rows_of(ref('stg_exchange__trades'), hour, at='traded_at_ns') }} as answers
    inner join {{ source('ops', 'loads') }} as loads
        on
            answers.load_id = loads.load_id
            and loads.schema_name = 'bronze_exchange'
    where answers.base_amount > 0
    group by
        answers.exchange_id,
        answers.symbol,
        answers.{{ trade | join(',\n        answers.') }}

),

archived as (

    select *
    from {{ rows_of(ref('int_trades_gathered'), hour, at='traded_at_ns') }}
    where
        source = 'archive'
        and trade_id is not null

),

sent_compared as (

    select
        sent.exchange_id,
        sent.symbol,
        sent.hour_at,
        extract(epoch from sent.committed_at) - sent.traded_at_ns / 1000000000.0 as delay_s,
        count(archived.trade_id) > 0 as is_compared,
        coalesce(
            bool_or(
                (archived.price, archived.base_amount, archived.taker_side)
                is distinct from (sent.price, sent.base_amount, sent.taker_side)
            ) filter (where archived.trade_id is not null),
            false
        ) as is_differing
    from sent
    left join archived
        on
            sent.exchange_id = archived.exchange_id
            and sent.symbol = archived.symbol
            and sent.is_aggregate = archived.is_aggregate
            and sent.trade_id = archived.trade_id
    group by
        sent.exchange_id,
        sent.symbol,
        sent.hour_at,
        sent.{{ trade | join(',\n        sent.') }},
        sent.committed_at

),

sent_counted as (

    select
        {{ hour | join(',\n        ') }},
        count(*) filter (where is_compared) as compared_count,
        count(*) filter (where is_differing) as differing_count,
        percentile_disc(array[0.5, 0.95, 1]) within group (order by delay_s) as delays_s
    from sent_compared
    group by {{ hour | join(', ') }}

),

hours as (

    select
        {{ hour | join(',\n        ') }}
    from answered
    union
    select
        {{ hour | join(',\n        ') }}
    from minutes_counted

),

counted as (

    select
        hours.exchange_id,
        hours.symbol,
        hours.hour_at,
        {%- for name in ['held', 'proven', 'failed', 'broken', 'lost'] %}
        {{ fitting('coalesce(minutes_counted.' ~ name ~ '_count, 0)', 'bigint') }}
            as {{ name }}_count,
        {%- endfor %}
        coalesce(minutes_counted.is_countable, true) as is_countable,
        coalesce(sent_counted.compared_count, 0) as compared_count,
        coalesce(sent_counted.differing_count, 0) as differing_count,
        {%- for name in ['p50', 'p95', 'max'] %}
        sent_counted.delays_s[{{ loop.index }}]::numeric(38, 6) as delay_{{ name }}_s,
        {%- endfor %}
        {{ own_batch() }} as changed_in
    from hours
    {% for told in ['minutes_counted', 'sent_counted'] -%}
    left join {{ told }}
        on
            hours.exchange_id = {{ told }}.exchange_id
            and hours.symbol = {{ told }}.symbol
            and hours.hour_at = {{ told }}.hour_at
    {% endfor %}
)

select * from counted
