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
    } -%}
    {%- set due = [] -%}
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
        ") -%}
        {%- do due.extend(found.columns['name'].values()) -%}
    {%- endif -%}
    {%- for name in due %}
    alter table gold.{{ name.split('.')[0] }} {{ steps[name] }};
    {%- else %}
    select 1;
    {%- endfor %}
    commit
{%- endmacro %}
