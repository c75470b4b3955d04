"""The columns of a feed's table that say whose a row is, in SQL."""

from collections.abc import Sequence

from psycopg import sql

from pipelines.upstream.feed import Feed


def key_columns(feed: Feed, table: str) -> Sequence[sql.Composable]:
    """The scope's name, and the subject's where it has one, of a row.

    Rows that have the scope's id have its name by the table of both. `table` is how
    the query calls the feed's.
    """
    columns = [sql.Identifier(table, name) for name in feed.key_columns]
    if feed.scope_names is None:
        return columns
    names, name = feed.scope_names
    of_id = sql.SQL(
        "(select n.{name} from {names} as n where n.{id} = {column})"
    ).format(
        name=sql.Identifier(name),
        names=sql.Identifier(*names.split(".")),
        id=sql.Identifier(feed.key_columns[0]),
        column=columns[0],
    )
    return [of_id, *columns[1:]]
