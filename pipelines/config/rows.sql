-- The configuration as it stands, one document of all rows; numbers as text.
select
    jsonb_build_object(
        'exchanges', (
            select
                coalesce(
                    jsonb_agg(
                        to_jsonb(e) || jsonb_build_object('budget_share', e.budget_share::text)
                        order by e.exchange_id
                    ),
                    '[]'
                )
            from config.exchanges as e
        ),
        'instruments', (
            select coalesce(jsonb_agg(to_jsonb(i) order by i.exchange_id, i.symbol), '[]')
            from config.instrument_choices() as i
        ),
        'endpoints', (
            select coalesce(jsonb_agg(to_jsonb(n) order by n.endpoint), '[]')
            from config.endpoints as n
        ),
        'chains', (
            select
                coalesce(
                    jsonb_agg(
                        to_jsonb(c) || jsonb_build_object(
                            'block_time_s', c.block_time_s::text,
                            'budget_share', c.budget_share::text
                        )
                        order by c.chain
                    ),
                    '[]'
                )
            from config.chains as c
        ),
        'chain_endpoints', (
            select
                coalesce(
                    jsonb_agg(
                        to_jsonb(n) || jsonb_build_object(
                            'calls_per_second', n.calls_per_second::text,
                            'units_per_second', n.units_per_second::text
                        )
                        order by n.chain, n.precedence, n.endpoint
                    ),
                    '[]'
                )
            from config.chain_endpoints as n
        ),
        'sentiment_feeds', (
            select
                coalesce(
                    jsonb_agg(to_jsonb(f) order by f.source, f.endpoint, f.subject), '[]'
                )
            from config.sentiment_feeds as f
        ),
        'thresholds', (
            select
                coalesce(
                    jsonb_agg(
                        jsonb_build_object('threshold', t.threshold, 'amount', t.amount::text)
                        order by t.threshold
                    ),
                    '[]'
                )
            from config.thresholds as t
        )
    ) as chosen
