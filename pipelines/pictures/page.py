"""One page of pictures: a file that holds all it needs, and asks nobody for more."""

import html
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert

from pipelines import warehouse
from pipelines.pictures import charts
from pipelines.settings import settings

Spec = Mapping[str, Any]

QUERIES = Path(__file__).parent
# Vega compiles expressions; nothing may be asked of anywhere else
POLICY = "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
POLICY += "style-src 'unsafe-inline'; img-src data:"


def draw(connection: warehouse.Connection) -> str:
    """The page of what gold holds now, as HTML.

    Raises:
        psycopg.errors.UndefinedTable: gold is not built yet.
    """
    days, candles, gaps, newest = (
        _rows(connection, name)
        for name in ("completeness", "prices", "gaps", "freshness")
    )
    return page(
        {
            "How much of each series trades prove, day by day": charts.completeness(
                days
            ),
            "What did it cost, on what evidence, and what is absent": charts.prices(
                candles, gaps
            ),
            "How many minutes ago did the newest candle begin": charts.freshness(
                newest
            ),
        },
        datetime.now(UTC),
    )


def write(connection: warehouse.Connection) -> Path:
    """Write the page; where it is.

    Raises:
        psycopg.errors.UndefinedTable: as `draw`.
    """
    file = settings().folder("pages") / "index.html"
    file.write_text(draw(connection), encoding="utf-8")
    return file


def page(pictures: Mapping[str, alt.TopLevelMixin], now: datetime) -> str:
    """A page of charts under their titles."""
    specs = [chart.to_dict() for chart in pictures.values()]
    parts = "\n".join(
        f'<h2>{html.escape(title)}</h2>\n<div id="picture{number}"></div>'
        for number, title in enumerate(pictures)
    )
    code = vl_convert.javascript_bundle(_drawing(specs)).replace(
        "</script", "<\\/script"
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>Bullion</title>
<style>
body {{ font: 15px system-ui, sans-serif; margin: 2em auto; max-width: 1100px }}
h2 {{ font-size: 1.1em; margin-top: 2em }}
</style>
</head>
<body>
<h1>Bullion</h1>
<p>What gold held at {now:%Y-%m-%d %H:%M} UTC; times are UTC.</p>
{parts}
<script type="module">{code}</script>
</body>
</html>
"""


def _drawing(specs: Sequence[Spec]) -> str:
    """The statements that draw them; `<` would end the script that holds them."""
    told = json.dumps(specs).replace("<", "\\u003c")
    return (
        f"const specs = {told};\n"
        "Promise.all(specs.map((spec, number) => vegaEmbed(`#picture${number}`, spec,"
        " {actions: false, renderer: 'svg'})))"
        ".then(() => { document.body.dataset.drawn = specs.length; })"
        ".catch(error => { document.body.dataset.failed = String(error); });"
    )


def _rows(connection: warehouse.Connection, name: str) -> list[charts.Row]:
    """What a query of this room gives; times as text of UTC."""
    text = (QUERIES / f"{name}.sql").read_text(encoding="utf-8")
    return [
        {
            column: f"{value:%Y-%m-%dT%H:%M}Z" if isinstance(value, datetime) else value
            for column, value in row.items()
        }
        for row in warehouse.query(connection, text)
    ]
