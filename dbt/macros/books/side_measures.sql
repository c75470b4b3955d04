{#-
What a side of a quoted book holds: how much within so many bps of the mid, whether its
levels reach so far, and what a notional takes of it, level by level. `sign` is 1 of bids,
-1 of asks. A level's value is in the quote asset: of what is counted in contracts of the
quote it is the contracts', whatever their price.
-#}
{% macro side_measures(side, sign) -%}
    select
        count(*) as levels_count,
        sum(levels.amount) filter (where levels.level_number <= {{ top_levels() }})
            as top_amount,
        {%- for band in ['narrow', 'wide'] %}
        coalesce(
            sum(levels.value) filter (
                where
                    (quoted.mid - levels.price) * {{ sign }} * 10000
                    <= quoted.mid * quoted.{{ band }}_bps
            ),
            case when quoted.mid * quoted.contract_size is not null then 0 end
        ) as depth_{{ band }},
        {%- endfor %}
        coalesce(
            bool_or(
                (quoted.mid - levels.price) * {{ sign }} * 10000
                > quoted.mid * quoted.wide_bps
            ),
            false
        ) as is_beyond_wide,
        sum(levels.value) >= quoted.notional as is_deep_enough,
        sum(
            {{ ratio(
                'least(levels.value, greatest(quoted.notional - levels.value_before, 0))',
                'levels.price',
            ) }}
        ) as base_taken
    from (
        select
            valued.price,
            valued.amount,
            valued.level_number,
            valued.value,
            coalesce(
                sum(valued.value) over (
                    order by valued.level_number
                    rows between unbounded preceding and 1 preceding
                ),
                0
            ) as value_before
        from (
            select
                listed.price,
                listed.amount,
                listed.level_number,
                listed.amount * quoted.contract_size
                * case when quoted.is_inverse then 1 else listed.price end as value
            from
                unnest(quoted.{{ side }}_prices, quoted.{{ side }}_amounts)
                with ordinality as listed (price, amount, level_number)
        ) as valued
    ) as levels
{%- endmacro %}


{#- What a unit of the base costs where a side gives it for all of the notional. -#}
{% macro average_price(side) -%}
    case
        when {{ side }}.is_deep_enough
            then {{ ratio('quoted.notional', side ~ '.base_taken') }}
    end
{%- endmacro %}


{#- How many levels of each side the imbalance is of. -#}
{% macro top_levels() -%}
    5
{%- endmacro %}
