"""`bullion show`: gold as pictures in a browser, or as a chart in the terminal."""

from typing import Annotated

import typer

from pipelines.errors import SetupError


def show_page(
    *,
    terminal: Annotated[
        bool, typer.Option("--terminal", help="A chart of an asset, here.")
    ] = False,
    asset: Annotated[
        str | None, typer.Option(help="Of which; else the one most spoken of.")
    ] = None,
) -> None:
    """Write a page of pictures of gold, and say where it is.

    How much of each series is proven day by day, prices with their evidence and what
    is absent, how fresh each series is. One file, which asks no server for anything.
    With --terminal it is price against sentiment, hour by hour, in 80 columns.
    """
    from psycopg.errors import UndefinedTable

    from pipelines import warehouse
    from pipelines.pictures import asset_chart, page
    from pipelines.terminal.output import out

    with warehouse.connect("analyst", warehouse.process_name("show")) as connection:
        try:
            if terminal or asset:
                printed = asset_chart.draw(connection, out.encoding, asset)
            else:
                printed = [page.write(connection).as_uri()]
        except UndefinedTable:
            mend = "`bullion load exchange`, then `bullion transform`"
            raise SetupError(f"nothing is built yet: {mend}") from None
    if not printed:
        mend = "`bullion load sentiment`, then `bullion transform`"
        raise SetupError(f"no hour of {asset or 'an asset'} is held: {mend}")
    typer.echo("\n".join(printed))
