-- What several venues' prices of one minute make. Arrays are in order of price.
create schema if not exists market;

-- The middle price, or the mean of the middle two.
create or replace function market.median(prices numeric[])
returns numeric
language sql
immutable
parallel safe
return (
    prices[(cardinality(prices) + 1) / 2] + prices[cardinality(prices) / 2 + 1]
) / 2;

-- The price at which half of the weight is below and half above: the first price up to which
-- more than half of the weight lies; the mean of two where it is exactly half. Null without weight.
-- https://en.wikipedia.org/wiki/Weighted_median
create or replace function market.weighted_median(prices numeric[], weights numeric[])
returns numeric
language plpgsql
immutable
parallel safe
as $$
declare
    whole numeric := 0;
    below numeric := 0;
    lower_price numeric;
begin
    for place in 1..cardinality(weights) loop
        whole := whole + weights[place];
    end loop;
    for place in 1..cardinality(prices) loop
        if weights[place] > 0 then
            if lower_price is not null then
                return (lower_price + prices[place]) / 2;
            end if;
            below := below + weights[place];
            if 2 * below > whole then
                return prices[place];
            elsif 2 * below = whole then
                lower_price := prices[place];
            end if;
        end if;
    end loop;
    return null;
end
$$;

-- Which prices are further than `most_bps` from the median of the others: the furthest is
-- left out, then the furthest of what remains, until none is. Of two none can be called
-- wrong; of those that are equally far it is the highest. What is null has no say.
create or replace function market.outliers(prices numeric[], most_bps numeric)
returns boolean[]
language plpgsql
immutable
parallel safe
as $$
declare
    remaining integer[] := array(
        select place from generate_subscripts(prices, 1) as places (place)
        where prices[place] is not null order by place
    );
    outliers boolean[] := array(select false from unnest(prices));
    furthest integer;
begin
    while cardinality(remaining) > 2 loop
        select judged.place
        into furthest
        from unnest(remaining) as judged (place)
        cross join lateral (
            select market.median(array_agg(prices[other] order by prices[other])) as price
            from unnest(remaining) as others (other)
            where other <> judged.place
        ) as median
        where abs(prices[judged.place] - median.price) * 10000 > most_bps * median.price
        order by abs(prices[judged.place] / median.price - 1) desc, judged.place desc
        limit 1;
        exit when furthest is null;
        outliers[furthest] := true;
        remaining := array_remove(remaining, furthest);
    end loop;
    return outliers;
end
$$;

revoke all on all functions in schema market from public;
grant usage on schema market to transformer, analyst;
grant execute on all functions in schema market to transformer, analyst;
