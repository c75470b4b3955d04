{#-
The hours of assets with the newest of each feature that was known at the hour's end,
`strict` without what is only assumed to have been. `parts` are relations by name.
What is older than a part's `back` is none: a price speaks for an hour, a rate of funding
for the longest interval, sentiment and attention for a day, the index for a week.
-#}
{% macro asset_features_sql(parts, strict=false) -%}
    {%- set back = {
        'price': '60 minutes',
        'funding': longest_funding_minutes() ~ ' minutes',
        'sentiment': '24 hours',
        'attention': '24 hours',
        'index': '7 days',
    } -%}
    with

    pairs as materialized (

        select
            asset,
            quote,
            min(minute_at) as first_at,
            max(minute_at) as last_at
        from {{ parts.prices }}
        group by
            asset,
            quote

    ),

    contracts as materialized (

        select
            exchange_id,
            symbol,
            split_part(symbol, '/', 1) as asset,
            min(due_at) as first_at,
            max(due_at) as last_at
        from {{ parts.settlements }}
        group by
            exchange_id,
            symbol

    ),

    spans as (

        select
            asset,
            min(first_at) as first_at,
            max(last_at) as last_at
        from (
            select
                asset,
                first_at,
                last_at
            from pairs
            union all
            select
                asset,
                first_at,
                last_at
            from contracts
            union all
            select
                asset,
                hour_at as first_at,
                hour_at as last_at
            from {{ parts.sentiment }}
        ) as told
        group by asset

    ),

    hours as (

        select
            spans.asset,
            hours.hour_at,
            hours.hour_at + interval '1 hour' as ended_at
        from spans
        cross join
            lateral generate_series(
                {{ bucket_start(60, 'spans.first_at') }}, spans.last_at, interval '1 hour'
            ) as hours (hour_at)

    ),

    -- of an hour in all languages
    sentiment as (

        select
            asset,
            hour_at,
            sum(compound_mean * scored_count) / sum(scored_count) as compound_mean,
            sum(scored_count) as scored_count,
            max(known_at) as known_at,
            bool_or(is_assumed) as is_assumed
        from {{ parts.sentiment }}
        group by
            asset,
            hour_at
        having sum(scored_count) > 0

    ),

    features as (

        select
            hours.asset,
            hours.hour_at,
            prices.quote as price_quote,
            prices.price_usd,
            {{ age_minutes('prices.ended_at') }} as price_age_minutes,
            {{ missing_for('prices.ended_at', back.price) }} as price_missing_for,
            volatilities.volatility,
            coalesce(volatilities.returns_count, 0) as volatility_returns_count,
            case
                when volatilities.volatility is null then 'fewer than two returns of that hour'
            end as volatility_missing_for,
            rates.funding_rate,
            rates.contracts_count as funding_contracts_count,
            {{ age_minutes('rates.due_at') }} as funding_age_minutes,
            {{ missing_for('rates.due_at', back.funding) }} as funding_missing_for,
            {{ fitting('round(sentiments.compound_mean, 18)') }} as sentiment,
            sentiments.scored_count::bigint as sentiment_scored_count,
            {{ age_minutes("sentiments.hour_at + interval '1 hour'") }} as sentiment_age_minutes,
            {{ missing_for('sentiments.hour_at', back.sentiment) }} as sentiment_missing_for,
            attentions.mentions_count,
            attentions.attention,
            {{ age_minutes("attentions.hour_at + interval '1 hour'") }} as attention_age_minutes,
            case
                when attentions.hour_at is not null then attentions.attention_missing_for
                else {{ missing_for('attentions.hour_at', back.attention) }}
            end as attention_missing_for,
            indexes.index_value as fear_greed,
            {{ age_minutes("indexes.index_date::timestamp at time zone 'UTC'") }}
                as fear_greed_age_minutes,
            {{ missing_for('indexes.index_date', back.index) }} as fear_greed_missing_for,
            greatest(
                prices.known_at,
                volatilities.known_at,
                rates.known_at,
                sentiments.known_at,
                attentions.known_at,
                indexes.known_at
            ) as known_at,
            coalesce(
                prices.is_assumed
                or volatilities.is_assumed
                or rates.is_assumed
                or sentiments.is_assumed
                or attentions.is_assumed
                or indexes.is_assumed,
                false
            ) as is_assumed
        from hours
        left join
            lateral (
                select newest.*
                from pairs
                cross join
                    lateral (
                        {{ newest_known(
                            parts.prices_known,
                            'found.asset = pairs.asset and found.quote = pairs.quote',
                            'found.minute_at',
                            "hours.ended_at - interval '" ~ back.price ~ "'",
                            before='hours.ended_at',
                            strict=strict,
                            has_versions=true,
                        ) }}
                    ) as newest
                where pairs.asset = hours.asset
                order by
                    newest.minute_at desc,
                    newest.quote = 'USD' desc,
                    newest.quote collate "C" asc
                limit 1
            ) as prices
            on true
        left join
            lateral (
                select
                    sqrt(sum(returns.log_return ^ 2)) as volatility,
                    count(returns.log_return) as returns_count,
                    max(returns.known_at) as known_at,
                    bool_or(returns.is_assumed) as is_assumed
                from (
                    select
                        found.known_at,
                        found.is_assumed,
                        ln(
                            found.price_usd::double precision
                            / lag(found.price_usd) over (order by found.minute_at)
                        ) as log_return
                    from {{ parts.prices_known }} as found
                    where
                        found.asset = prices.asset
                        and found.quote = prices.quote
                        and found.minute_at >= prices.minute_at - interval '1 hour'
                        and found.minute_at <= prices.minute_at
                        and {{ was_known(strict, has_versions=true) }}
                        and found.price_usd > 0
                ) as returns
                having count(returns.log_return) > 1
            ) as volatilities
            on prices.asset is not null
        left join
            lateral (
                select
                    percentile_cont(0.5) within group (
                        order by newest.annualised_rate::double precision
                    ) as funding_rate,
                    count(*) as contracts_count,
                    max(newest.due_at) as due_at,
                    max(newest.known_at) as known_at,
                    bool_or(newest.is_assumed) as is_assumed
                from contracts
                cross join
                    lateral (
                        {{ newest_known(
                            parts.funding_known,
                            'found.exchange_id = contracts.exchange_id'
                            ~ ' and found.symbol = contracts.symbol',
                            'found.due_at',
                            "hours.ended_at - interval '" ~ back.funding ~ "'",
                            'hours.ended_at',
                            strict=strict,
                            has_versions=true,
                        ) }}
                    ) as newest
                where contracts.asset = hours.asset
                having count(*) > 0
            ) as rates
            on true
        {%- for name, part in [('sentiment', 'sentiment'), ('attention', parts.attention)] %}
        left join
            lateral (
                {{ newest_known(
                    part,
                    'found.asset = hours.asset',
                    'found.hour_at',
                    "hours.hour_at - interval '" ~ back[name] ~ "'",
                    'hours.hour_at',
                    strict=strict,
                ) }}
            ) as {{ name }}s
            on true
        {%- endfor %}
        left join
            lateral (
                {{ newest_known(
                    parts.index,
                    'true',
                    'found.index_date',
                    "((hours.ended_at - interval '" ~ back.index ~ "') at time zone 'UTC')::date",
                    "(hours.ended_at at time zone 'UTC')::date",
                    strict=strict,
                ) }}
            ) as indexes
            on true

    )

    select * from features
{%- endmacro %}


{#-
The newest row of a part, for a `lateral`: `found`, which was known at the hour's end, `strict`
without what is only assumed to have been. Its time lies after `after` up to `until`, or from
there up to `before`, exclusive.
-#}
{% macro newest_known(
    part, matching, at, after, until=none, before=none, strict=false, has_versions=false
) -%}
    select found.*
    from {{ part }} as found
    where
        {{ matching }}
        {%- if before %}
        and {{ at }} >= {{ after }}
        and {{ at }} < {{ before }}
        {%- else %}
        and {{ at }} > {{ after }}
        and {{ at }} <= {{ until }}
        {%- endif %}
        and {{ was_known(strict, has_versions) }}
    order by {{ at }} desc
    limit 1
{%- endmacro %}


{#- Whether `found` was what one knew at the hour's end; of versions one was at any time. -#}
{% macro was_known(strict, has_versions) -%}
    found.known_at <= hours.ended_at
    {{ 'and (found.known_until > hours.ended_at) is not false' if has_versions }}
    {{ 'and not found.is_assumed' if strict }}
{%- endmacro %}


{#- How long before the row's end that was, in whole minutes. -#}
{% macro age_minutes(at) -%}
    (extract(epoch from hours.ended_at - ({{ at }})) / 60)::bigint
{%- endmacro %}


{#- Why a part has nothing. -#}
{% macro missing_for(part, back) -%}
    case when {{ part }} is null then 'none known of the {{ back }} before' end
{%- endmacro %}
