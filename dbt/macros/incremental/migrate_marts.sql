{#-
A table of a release before is not made anew by an increment: its columns become those of the
contract that stands now. A view of somebody's on such a column stops this, by name.
-#}
{% macro migrate_marts() -%}
    {%- set steps = {
        'fct_candles.notional': 'drop column notional',
        'fct_market_features.day_notional': 'alter day_notional type numeric(60, 18)',
        'fct_trades.quote_amount': 'alter quote_amount drop not null, alter quote_amount type'
            ~ ' numeric(38, 18) using case when min_scale(quote_amount) <= 18 then '
            ~ fitting('quote_amount') ~ ' end',
        'rpt_completeness.trades_count': 'add trades_count bigint; ' ~ count_trades(),
    } -%}
    {#- what dim_instruments and what it is made of did not have -#}
    {%- set terms = {
        'silver.int_instruments_versioned': ['contract_size numeric(38, 18)',
            'launched_at timestamptz'],
        'gold.dim_instruments': ['contract_size numeric(38, 18)', 'launched_at timestamptz',
            'settle_asset text', 'is_inverse boolean', 'expires_at timestamptz',
            'strike numeric(38, 18)', 'option_type text'],
    } -%}
    {%- set due, lacking = [], [] -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- set found = run_query("
            select c.relname || '.' || a.attname as name
            from pg_catalog.pg_attribute as a
            inner join pg_catalog.pg_class as c on a.attrelid = c.oid
            where
                c.relnamespace = to_regnamespace('gold')
                and c.relkind = 'r'
                and c.relname || '.' || a.attname
                = any(string_to_array('" ~ steps | join(',') ~ "', ','))
                and pg_catalog.format_type(a.atttypid, a.atttypmod)
                in ('numeric(76,36)', 'numeric(78,36)')
            union all
            select 'rpt_completeness.trades_count' as name
            from pg_catalog.pg_class as c
            where
                c.oid = to_regclass('gold.rpt_completeness')
                and not exists (
                    select from pg_catalog.pg_attribute as a
                    where a.attrelid = c.oid and a.attname = 'trades_count'
                )
        ") -%}
        {%- do due.extend(found.columns['name'].values()) -%}
        {%- set found = run_query("
            select t.name
            from unnest(string_to_array('" ~ terms | join(',') ~ "', ',')) as t (name)
            where
                to_regclass(t.name) is not null
                and not exists (
                    select from pg_catalog.pg_attribute as a
                    where
                        a.attrelid = to_regclass(t.name)
                        and a.attname = 'contract_size'
                        and not a.attisdropped
                )
        ") -%}
        {%- do lacking.extend(found.columns['name'].values()) -%}
    {%- endif -%}
    {%- for name in lacking %}
    alter table {{ name }} add column {{ terms[name] | join(', add column ') }};
    {%- endfor %}
    {%- for name in due %}
    alter table gold.{{ name.split('.')[0] }} {{ steps[name] }};
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
