{#-
Each trade once, from readings of whole minutes. One identity (the venue's id of the
trade, or of the aggregate) is one trade: the archive's reading stands, then the later
clock's, then the higher values. An aggregate whose every trade is held singly is left
out; of any other, the single trades it covers are. A trade that the venue does not
number is told apart by its values, and by how often one answer repeats them. All of it
is judged within a minute, so that a minute with trades never loses all of them.

`readings` is a relation as of `trade_readings_sql`, read several times: not materialized.
-#}
{% macro standing_trades_sql(readings) -%}
    {%- set minute = 'opened_at_ns, symbol, exchange_id' -%}
    {%- set better -%}
        source, venue_now_ms desc nulls last, price desc, base_amount desc,
        quote_amount desc nulls last, traded_at_ns desc, taker_side desc,
        first_trade_id desc nulls last, last_trade_id desc nulls last, reading_id desc
    {%- endset %}
    with

    -- few series need the steps that follow; one pass finds them
    series_kinds as materialized (

        select
            exchange_id,
            symbol,
            bool_or(trade_id is null) as has_unnumbered,
            bool_or(is_aggregate) and not bool_and(is_aggregate) as is_mixed
        from {{ readings }}
        group by
            exchange_id,
            symbol

    ),

    repetitions as (

        select
            load_id,
            delivery_file,
            delivery_row,
            row_number() over (
                partition by
                    exchange_id, symbol, traded_at_ns, price, base_amount, taker_side,
                    reading_id, load_id
                order by delivery_file, delivery_row
            ) as repetition
        from {{ readings }}
        where
            trade_id is null
            and (exchange_id, symbol) in (
                select
                    exchange_id,
                    symbol
                from series_kinds
                where has_unnumbered
            )

    ),

    mixed_minutes as (

        select {{ minute }}
        from {{ readings }}
        where
            first_trade_id is not null
            and (exchange_id, symbol) in (
                select
                    exchange_id,
                    symbol
                from series_kinds
                where is_mixed
            )
        group by {{ minute }}
        having
            bool_or(is_aggregate)
            and not bool_and(is_aggregate)

    ),

    mixed_trades as (

        select distinct on ({{ minute }}, is_aggregate, trade_id)
            {{ minute }},
            is_aggregate,
            trade_id,
            first_trade_id,
            last_trade_id
        from {{ readings }}
        where
            first_trade_id is not null
            and ({{ minute }}) in (select {{ minute }} from mixed_minutes)
        order by
            {{ minute }},
            is_aggregate,
            trade_id,
            {{ better }}

    ),

    single_counts as (

        select
            {{ minute }},
            count(*) as singles_count
        from mixed_trades
        where not is_aggregate
        group by {{ minute }}

    ),

    -- an aggregate of more trades than the minute holds singly is not held singly
    aggregates_held_singly as (

        select
            aggregates.opened_at_ns,
            aggregates.symbol,
            aggregates.exchange_id,
            aggregates.trade_id
        from mixed_trades as aggregates
        inner join single_counts
            on
                aggregates.opened_at_ns = single_counts.opened_at_ns
                and aggregates.symbol = single_counts.symbol
                and aggregates.exchange_id = single_counts.exchange_id
        cross join lateral generate_series(
            aggregates.first_trade_id,
            least(
                aggregates.last_trade_id,
                aggregates.first_trade_id + single_counts.singles_count
            )
        ) as covered (trade_id)
        left join mixed_trades as singles
            on
                aggregates.opened_at_ns = singles.opened_at_ns
                and aggregates.symbol = singles.symbol
                and aggregates.exchange_id = singles.exchange_id
                and covered.trade_id = singles.trade_id
                and not singles.is_aggregate
        where aggregates.is_aggregate
        group by
            aggregates.opened_at_ns,
            aggregates.symbol,
            aggregates.exchange_id,
            aggregates.trade_id
        having count(singles.trade_id) = count(*)

    ),

    judged_trades as (

        select
            mixed_trades.*,
            aggregates_held_singly.trade_id is not null as is_held_singly,
            max(mixed_trades.last_trade_id) filter (
                where mixed_trades.is_aggregate and aggregates_held_singly.trade_id is null
            ) over (
                partition by
                    mixed_trades.opened_at_ns,
                    mixed_trades.symbol,
                    mixed_trades.exchange_id
                order by mixed_trades.first_trade_id
            ) as covered_until_id
        from mixed_trades
        left join aggregates_held_singly
            on
                mixed_trades.is_aggregate
                and mixed_trades.opened_at_ns = aggregates_held_singly.opened_at_ns
                and mixed_trades.symbol = aggregates_held_singly.symbol
                and mixed_trades.exchange_id = aggregates_held_singly.exchange_id
                and mixed_trades.trade_id = aggregates_held_singly.trade_id

    ),

    needless_trades as (

        select
            {{ minute }},
            is_aggregate,
            trade_id
        from judged_trades
        where
            is_held_singly
            or (not is_aggregate and trade_id <= covered_until_id)

    ),

    told_apart as (

        select
            readings.*,
            case
                when readings.trade_id is null
                    then
                        row(
                            readings.traded_at_ns, readings.price, readings.base_amount,
                            readings.taker_side, repetitions.repetition
                        )::text
            end as unnumbered_identity
        from {{ readings }} as readings
        left join repetitions
            on
                readings.load_id = repetitions.load_id
                and readings.delivery_file = repetitions.delivery_file
                and readings.delivery_row = repetitions.delivery_row
        where
            not exists (
                select 1
                from needless_trades
                where
                    readings.opened_at_ns = needless_trades.opened_at_ns
                    and readings.symbol = needless_trades.symbol
                    and readings.exchange_id = needless_trades.exchange_id
                    and readings.is_aggregate = needless_trades.is_aggregate
                    and readings.trade_id = needless_trades.trade_id
            )

    )

    select distinct on ({{ minute }}, is_aggregate, trade_id, unnumbered_identity) *
    from told_apart
    order by
        {{ minute }},
        is_aggregate,
        trade_id,
        unnumbered_identity,
        {{ better }}
{%- endmacro %}
