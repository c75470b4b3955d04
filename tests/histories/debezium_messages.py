"""Messages as Debezium writes them, of a table with one row's value to look at."""

import json

from pipelines.config.declaration import Declaration
from pipelines.config.encoding import encoding
from pipelines.sources.config_changes.event import decoded

SOURCE = {"schema": "config", "table": "things", "lsn": 100, "txId": 7}
PLACEHOLDER = "__debezium_unavailable_value"


def declaration(told, key="bigint", **settings):
    """A table of a key and a value of this type; `settings` of the connector."""
    by_name = {name.replace("_", "."): value for name, value in settings.items()}
    columns = {"id": key, "value": told}
    return Declaration("config.things", ("id",), columns, encoding=encoding(by_name))


def message(op, before, after, *, schema=None, **source):
    """A change; `schema` is the value's Connect schema, in an embedding envelope."""
    event = {"before": before, "after": after, "op": op, "source": {**SOURCE, **source}}
    if schema is None:
        return json.dumps(event)
    fields = [{"field": "id"}, {"field": "value", **schema}]
    images = [{"fields": fields, "field": name} for name in ("before", "after")]
    return json.dumps({"schema": {"fields": images}, "payload": event})


def taken(sent, told, *, before=None, schema=None, **settings):
    """The value after a change that sent this, of a column of this type."""
    old = None if before is None else {"id": 1, "value": before}
    row = {"id": 1, "value": sent}
    change = message("u" if old else "c", old, row, schema=schema)
    event = decoded(change, declaration(told, **settings), offset=0)
    assert event
    assert event.after
    return event.after["value"]
