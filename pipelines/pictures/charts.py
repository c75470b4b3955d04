"""The charts of the page, as Vega-Lite: each of rows that a query of this room gave."""

from collections.abc import Sequence
from typing import Any

import altair as alt

Row = dict[str, Any]

WIDTH = 860
GRADES = {  # weakest first
    "provisional": "#e69f00",
    "closed": "#56b4e9",
    "confirmed": "#0072b2",
    "sealed": "#009e73",
}
UTC = alt.Scale(type="utc")  # whatever the reader's clock says
GRADE = alt.Scale(domain=list(GRADES), range=list(GRADES.values()))


def _data(rows: Sequence[Row]) -> alt.InlineData:
    return alt.InlineData(values=list(rows))


def completeness(days: Sequence[Row]) -> alt.Chart:
    """A heat map: a cell is a series' day, its colour the share that is proven."""
    chart: alt.Chart = (
        alt.Chart(_data(days))
        .mark_rect()
        .encode(
            x=alt.X("utc_day:O", title=None),
            y=alt.Y("series:N", title=None),
            color=alt.Color(
                "proven_ratio:Q",
                title="proven",
                scale=alt.Scale(domain=[0, 1], scheme="viridis"),
                legend=alt.Legend(format="%"),
            ),
            tooltip=[alt.Tooltip(f"{name}:N") for name in (days or [{}])[0]],
        )
        .properties(width=alt.Step(28))
    )
    return chart


def prices(candles: Sequence[Row], gaps: Sequence[Row]) -> alt.LayerChart:
    """One series at a time: its price, coloured by grade, over what is absent of it."""
    series = sorted({row["series"] for row in candles})
    chosen = alt.param(
        name="series",
        value=series[0] if series else None,
        bind=alt.binding_select(options=series, name="series "),
    )
    of_series = alt.datum.series == chosen
    x = alt.X("opened_at:T", title=None, scale=UTC, axis=alt.Axis(format="%b %d %H:%M"))
    absent = (
        alt.Chart(_data(gaps))
        .transform_filter(of_series)
        .mark_rect(opacity=0.35)
        .encode(
            x=alt.X("started_at:T", title=None, scale=UTC),
            x2="ended_at:T",
            color=alt.Color(
                "cause:N", title="absent", scale=alt.Scale(scheme="tableau10")
            ),
            tooltip=["cause:N", "started_at:N", "ended_at:N", "minutes_count:Q"],
        )
    )
    price = alt.Chart(_data(candles)).transform_filter(of_series)
    y = alt.Y("price:Q", title="price", scale=alt.Scale(zero=False))
    line = price.mark_line(color="#999999", strokeWidth=1).encode(x=x, y=y)
    points = price.mark_point(size=18, filled=True).encode(
        x=x,
        y=y,
        color=alt.Color("grade:N", title="evidence", scale=GRADE),
        shape=alt.Shape("is_complete:N", title="is complete"),
        tooltip=["opened_at:N", "price:Q", "grade:N", "is_complete:N"],
    )
    layers: alt.LayerChart = (
        alt.layer(absent, line, points)
        .add_params(chosen)
        .resolve_scale(color="independent")
        .properties(width=WIDTH, height=320)
    )
    return layers


def freshness(series: Sequence[Row]) -> alt.Chart:
    """A bar is a series: how many minutes ago its newest candle began."""
    chart: alt.Chart = (
        alt.Chart(_data(series))
        .mark_bar()
        .encode(
            x=alt.X(
                "minutes_behind:Q", title="minutes", scale=alt.Scale(type="symlog")
            ),
            y=alt.Y("series:N", title=None),
            tooltip=["series:N", "newest_at:N", "minutes_behind:Q"],
        )
        .properties(width=WIDTH)
    )
    return chart
