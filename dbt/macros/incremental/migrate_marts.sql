{#-
A table of a release before is not made anew by an increment: its columns become those of the
contract that stands now. A view of somebody's on such a column stops this, by name.
-#}
{% macro migrate_marts() -%}
    {#- columns whose type was wider than a client reads -#}
    {%- set narrowed = {
        'gold.fct_candles.notional': 'drop column notional',
        'gold.fct_market_features.day_notional': 'alter day_notional type numeric(60, 18)',
        'gold.fct_trades.quote_amount': 'alter quote_amount drop not null,'
            ~ ' alter quote_amount type numeric(38, 18) using'
            ~ ' case when min_scale(quote_amount) <= 18 then ' ~ fitting('quote_amount')
            ~ ' end',
    } -%}
    {#- columns that were not there, the first of them by name -#}
    {%- set added = {
        'gold.rpt_completeness.trades_count': 'add trades_count bigint; ' ~ count_trades(),
        'gold.fct_exchange_health.limit_name':
            'add limit_name text, add limit_ratio numeric(18, 6),'
            ~ ' add paused_seconds numeric(8, 6) not null default 0,'
            ~ ' add openings_count bigint not null default 0,'
            ~ ' add series_count bigint not null default 0,'
            ~ ' add age_p50_minutes bigint, add age_max_minutes bigint',
        'gold.fct_dev_activity.bot_closed_count':
            'add issues_opened_count bigint, add issues_closed_count bigint,'
            ~ ' add pull_requests_opened_count bigint, add pull_requests_closed_count bigint,'
            ~ ' add bot_opened_count bigint, add bot_closed_count bigint',
        'silver.int_manners_measured.cut_minutes':
            'add cut_minutes bigint, add venue_now_ms bigint',
        'silver.int_instruments_versioned.contract_size':
            'add contract_size numeric(38, 18), add launched_at timestamptz',
        'gold.dim_instruments.contract_size':
            'add contract_size numeric(38, 18), add launched_at timestamptz,'
            ~ ' add settle_asset text, add is_inverse boolean, add expires_at timestamptz,'
            ~ ' add strike numeric(38, 18), add option_type text',
        'gold.dim_instruments.listed_at':
            'add listed_at timestamptz, add listed_by text, add delisted_at timestamptz,'
            ~ ' add delisted_by text, add renamed_from text, add renamed_to text,'
            ~ ' add halts jsonb',
        'gold.fct_options.source':
            "add source text not null default 'rest', alter age_seconds drop not null",
        'gold.fct_sentiment.engagement_known_at':
            'add engagement_known_at timestamptz;'
            ~ ' create index on gold.fct_sentiment (asset, hour_at)',
    } -%}
    {%- set due = [] -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set found = run_query("
            select names.name
            from unnest(
                array['" ~ narrowed | join("', '") ~ "', '" ~ added | join("', '") ~ "']
            ) as names (name)
            cross join lateral (
                select to_regclass(substring(names.name, '[^.]+[.][^.]+')) as relation
            ) as tables
            left join pg_catalog.pg_attribute as a
                on
                    tables.relation = a.attrelid
                    and split_part(names.name, '.', 3) = a.attname
                    and not a.attisdropped
            where
                tables.relation is not null
                and case
                    when names.name = any(array['" ~ added | join("', '") ~ "'])
                        then a.attname is null
                    else pg_catalog.format_type(a.atttypid, a.atttypmod)
                        in ('numeric(76,36)', 'numeric(78,36)')
                end
        ") -%}
        {%- do due.extend(found.columns['name'].values()) -%}
    {%- endif -%}
    {%- for name in due %}
    alter table {{ name.rpartition('.')[0] }} {{ narrowed[name] or added[name] }};
    {%- else %}
    select 1;
    {%- endfor %}
    commit
{%- endmacro %}

{#- The trades of every day, from their minutes. -#}
{% macro count_trades() -%}
    update gold.rpt_completeness as days
    set trades_count = coalesce(
        (
            select sum(minutes.trades_count)
            from gold.fct_candle_proofs as minutes
            where
                minutes.exchange_id = days.exchange_id
                and minutes.symbol = days.symbol
                and minutes.opened_at >= days.opened_date::timestamp at time zone 'UTC'
                and minutes.opened_at < (days.opened_date + 1)::timestamp at time zone 'UTC'
        ),
        0
    )
{%- endmacro %}
