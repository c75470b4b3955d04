"""`bullion explain`: why one candle, price or fixing is what it is."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.errors import SetupError
from pipelines.terminal import report
from pipelines.terminal.output import Json, out

if TYPE_CHECKING:
    from pipelines.warehouse import Connection


def explain(
    exchange: Annotated[
        str, typer.Argument(help="As binance; `price`, `fixing`: of several.")
    ],
    symbol: Annotated[str, typer.Argument(help="As BTC/USDT.")],
    timeframe: Annotated[
        str, typer.Argument(help="1m, 5m, … 1d, 1w, 1M; a fixing's name.")
    ],
    time: Annotated[str, typer.Argument(help="A moment in the bucket, ISO UTC.")],
    *,
    json: Json = False,
) -> None:
    """Say where a candle came from, what it displaced, what disagrees, its proof.

    Of a longer bucket: its minutes by source, grade and proof, and the weakest ones.
    As SQL, of minutes: `gold.rpt_candle_evidence`. Of a consolidated price (`bullion
    explain price BTC/USDT 1m TIME`): which venues count, with which candle, and why
    others do not. Of a day's rate (`bullion explain fixing BTC/USD london_1600 DATE`):
    the parts of its window, and every trade in them.
    """
    from psycopg.errors import UndefinedTable

    from pipelines import warehouse

    with warehouse.connect("analyst", warehouse.process_name("explain")) as connection:
        try:
            facts, said, shown = _explained(
                connection, exchange, symbol, timeframe, time
            )
        except UndefinedTable:
            mend = "`bullion load …`, then `bullion transform`"
            raise SetupError(f"nothing is built yet: {mend}") from None
    if json:
        typer.echo(report.as_json([facts]))
        return
    for sentence in said:
        out.print(sentence, markup=False, soft_wrap=True)
    for title, rows in shown:
        report.show(rows, title, out)


def _explained(
    connection: "Connection", exchange: str, symbol: str, timeframe: str, time: str
) -> tuple[dict[str, Any], Iterator[str], Iterator[tuple[str, list[dict[str, Any]]]]]:
    """Facts, sentences and tables of what stands under these words."""
    from pipelines.config.model import parse_time
    from pipelines.explain import Bucket, explain, fixings, prices, rendering

    if exchange == fixings.FIXING:
        fixing = fixings.explain_fixing(connection, symbol, timeframe, parse_time(time))
        return (
            fixings.as_facts(fixing),
            fixings.sentences(fixing),
            fixings.tables(fixing),
        )
    bucket = Bucket.parse(exchange, symbol, timeframe, time)
    if exchange == prices.PRICE:
        price = prices.explain_price(connection, bucket)
        return prices.as_facts(price), prices.sentences(price), prices.tables(price)
    candle = explain(connection, bucket)
    return (
        rendering.as_facts(candle),
        rendering.sentences(candle),
        rendering.tables(candle),
    )
