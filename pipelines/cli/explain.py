"""`bullion explain`: why one candle is what it is."""

from typing import Annotated

import typer

from pipelines.errors import SetupError
from pipelines.terminal import report
from pipelines.terminal.output import Json, out


def explain(
    exchange: Annotated[str, typer.Argument(help="As binance.")],
    symbol: Annotated[str, typer.Argument(help="As BTC/USDT.")],
    timeframe: Annotated[str, typer.Argument(help="1m, 5m, … 1d, 1w, 1M.")],
    time: Annotated[str, typer.Argument(help="A moment in the bucket, ISO UTC.")],
    *,
    json: Json = False,
) -> None:
    """Say where a candle came from, what it displaced, what disagrees, its proof.

    Of a longer bucket: its minutes by source, grade and proof, and the weakest ones.
    As SQL, of minutes: `gold.rpt_candle_evidence`.
    """
    from psycopg.errors import UndefinedTable

    from pipelines import warehouse
    from pipelines.explain import Bucket, rendering
    from pipelines.explain import explain as explanation_of

    bucket = Bucket.parse(exchange, symbol, timeframe, time)
    with warehouse.connect("analyst", warehouse.process_name("explain")) as connection:
        try:
            explanation = explanation_of(connection, bucket)
        except UndefinedTable:
            mend = "`bullion load …`, then `bullion transform`"
            raise SetupError(f"nothing is built yet: {mend}") from None
    if json:
        typer.echo(report.as_json([rendering.as_facts(explanation)]))
        return
    for sentence in rendering.sentences(explanation):
        out.print(sentence, markup=False, soft_wrap=True)
    for title, rows in rendering.tables(explanation):
        report.show(rows, title, out)
