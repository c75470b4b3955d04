-- The seed that people read and the ladder that candles climb say the same.
with

ladder as (

    {% for step in timeframe_ladder() -%}
    select
        '{{ step.timeframe }}' as timeframe,
        '{{ step.rolled_up_from }}' as rolled_up_from,
        {{ step.minutes_count or 'null' }} as minutes_count
    {% if not loop.last %}union all
    {% endif -%}
    {%- endfor %}

),

timeframes as (

    select * from {{ ref('timeframes') }}

)

select timeframes.timeframe
from timeframes
full join ladder
    on timeframes.timeframe = ladder.timeframe
where
    timeframes.timeframe is distinct from '1m'
    and (
        timeframes.rolled_up_from is distinct from ladder.rolled_up_from
        or timeframes.minutes_count is distinct from ladder.minutes_count
    )
