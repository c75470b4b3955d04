"""`bullion show`: what gold holds, as pictures in a browser."""

import typer

from pipelines.errors import SetupError


def show_page() -> None:
    """Write a page of pictures of gold, and say where it is.

    How much of each series is proven day by day, prices with their evidence and what
    is absent, how fresh each series is. One file, which asks no server for anything.
    """
    from psycopg.errors import UndefinedTable

    from pipelines import warehouse
    from pipelines.pictures import page

    with warehouse.connect("analyst", warehouse.process_name("show")) as connection:
        try:
            file = page.write(connection)
        except UndefinedTable:
            mend = "`bullion load exchange`, then `bullion transform`"
            raise SetupError(f"nothing is built yet: {mend}") from None
    typer.echo(file.as_uri())
