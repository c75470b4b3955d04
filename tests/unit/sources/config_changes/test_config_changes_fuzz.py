"""Whatever a message is, it is a change, a tombstone, or refused with a reason.

A seed names its messages; a failure prints it, and `pytest -k '[7]'` runs it alone.
"""

import copy
import json
import random
import time
from typing import Any

import pytest

from pipelines.config.declaration import Declaration
from pipelines.config.encoding import encoding
from pipelines.local.debezium_properties import SOURCE as STREAM
from pipelines.sources.config_changes.batch import Batch, Message, Place
from pipelines.sources.config_changes.connector import Connector
from pipelines.sources.config_changes.replay import replay
from pipelines.sources.config_changes.topics import ConfigTopics

MESSAGES = 600  # of a seed; together more than 10,000
SEEDS = range(20)
CPU_S = 10  # of a seed; seen: 0.5
PLACE = Place("bullion.config.things", "id", 0)
BIGINT = 1 << 63
MANY_DIGITS = "@digits"  # more than Python reads or writes as a whole number
PLACEHOLDER = "__debezium_unavailable_value"
ROW = {
    "id": 1,
    "name": "é",
    "rate": "1.50",
    "ratio": 0.1,
    "is_on": True,
    "tags": ["a", None],
    "counts": [1, 2],
    "told": '{"a": 1.10}',
    "day": 19724,
    "at": "2024-01-01T00:00:00Z",
    "plain": 1704067200000000,
    "waits": "P1DT2H",
    "raw": "AAE=",
    "spot": {"x": 1.5, "y": 2, "srid": None},
}
TYPES = {
    "id": "bigint",
    "name": "character varying(9)",
    "rate": "numeric(12,2)",
    "ratio": "double precision",
    "is_on": "boolean",
    "tags": "text[]",
    "counts": "integer[]",
    "told": "jsonb",
    "day": "date",
    "at": "timestamp with time zone",
    "plain": "timestamp without time zone",
    "waits": "interval second(3)",
    "raw": "bytea",
    "spot": "point",
}
FORMS = [
    "io.debezium.time.Date",
    "io.debezium.time.NanoTimestamp",
    "io.debezium.time.ZonedTime",
    "io.debezium.data.VariableScaleDecimal",
    "org.apache.kafka.connect.data.Decimal",
    "org.apache.kafka.connect.data.Time",
    None,
    7,
]
EVENT = {
    "before": ROW,
    "after": ROW,
    "source": {
        "connector": "postgresql",
        "name": "bullion",
        "db": "warehouse",
        "schema": "config",
        "table": "things",
        "lsn": 100,
        "txId": 7,
        "ts_ms": 1763681234567,
        "ts_us": 1763681234567123,
        "snapshot": "false",
    },
    "op": "u",
    "ts_ms": 1763681234600,
    "transaction": {"id": "7:1", "total_order": 1},
}
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 1.5, -0.0, 1e400, float("nan"), 10**19, MANY_DIGITS),
    *(BIGINT - 1, BIGINT, -BIGINT - 1, 2147483647, 9223372036825200000, 10**18),
    *("", " ", "\0", "\ud800", "a\0b", "x" * 5000, "1234", "1e999999999", "NaN"),
    *("-infinity", "P1D", "PT", "2024-02-30", "99999-01-01T00:00Z", "AMs=", "%"),
    *(PLACEHOLDER, [PLACEHOLDER], list(PLACEHOLDER.encode()), [True] * 28),
    *([], [[]], [[[None]]], {}, {"": {}}, {"value": "AQ==", "scale": 10**9}),
    *({"schema": 1, "payload": 2}, {"fields": 3}, "r", "d", "t", "last", "things"),
]


def paths(document, path=()):
    """Every place in a document."""
    yield path
    if isinstance(document, dict | list):
        keys = document if isinstance(document, dict) else range(len(document))
        for key in keys:
            yield from paths(document[key], (*path, key))


def mutated(rng, document):
    """A document with something put, taken away or moved at one of its places."""
    path = rng.choice([p for p in paths(document) if p] or [()])
    if not path:
        return rng.choice(ODD)
    document = copy.deepcopy(document)
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    what = rng.randrange(5)
    if what == 0:
        del parent[path[-1]]
    elif what == 1:
        parent[path[-1]] = [parent[path[-1]]]
    elif what == 2 and isinstance(parent, dict):
        parent[rng.choice(["op", "\0", "id", "before", "schema"])] = rng.choice(ODD)
    else:
        parent[path[-1]] = copy.deepcopy(rng.choice(ODD))
    return document


def embedded(rng, event):
    """The event in an envelope with a schema, which may be another's."""
    columns = [
        {"field": name, "type": "string", "name": rng.choice(FORMS), "parameters": {}}
        for name in ROW
    ]
    fields = [{"field": name, "fields": columns} for name in ("before", "after")]
    return {"schema": {"fields": fields}, "payload": event}


def broken(rng, raw):
    """Bytes of which some are others, gone, or repeated."""
    at = rng.randrange(len(raw) + 1)
    return rng.choice(
        [
            raw[:at],
            raw[:at] + bytes([rng.randrange(256)]) + raw[at + 1 :],
            raw[:at] + raw[rng.randrange(len(raw) + 1) :],
            raw[:at] + b"[" * rng.choice([5, 2000, 100_000]) + raw[at:],
        ]
    )


def written(rng):
    """A message as bytes, or none."""
    event = copy.deepcopy(EVENT)
    event["op"] = rng.choice("rcudt")
    document = embedded(rng, event) if rng.random() < 0.3 else event
    for _ in range(rng.randrange(4)):
        document = mutated(rng, document)
    raw = json.dumps(document).encode().replace(b'"@digits"', b"9" * 5_000)
    return broken(rng, raw) if rng.random() < 0.2 else raw


def key_of(rng):
    key = mutated(rng, {"id": 1}) if rng.random() < 0.5 else {"id": 1}
    raw = json.dumps(key).encode()
    return rng.choice([raw, None, broken(rng, raw)])


def assert_storable(fields):
    """That Postgres takes a row of bronze."""
    for value in fields:
        assert not isinstance(value, str) or "\0" not in value.encode().decode()
        assert not isinstance(value, int) or -BIGINT <= value < BIGINT


def told(batch):
    """The rows of a batch, and the documents in them."""
    for rows in batch.change_rows().values():
        yield from rows
        for row in rows:
            for image in filter(None, (row[1], row[2], row[3])):
                json.loads(image, parse_constant=pytest.fail)
    yield from batch.quarantine_rows()
    yield from batch.page_rows()


@pytest.mark.parametrize("seed", SEEDS)
def test_no_message_escapes_and_each_is_counted(seed, tmp_path):
    print(f"FUZZ seed {seed}")
    rng = random.Random(seed)
    how = encoding(STREAM if seed % 2 else {"time.precision.mode": "microseconds"})
    table = Declaration("config.things", ("id",), TYPES, encoding=how)
    sent = [
        Message(PLACE, offset, key_of(rng), written(rng)) for offset in range(MESSAGES)
    ]
    began = time.process_time()
    connector = Connector("bullion", "warehouse")
    topics = ConfigTopics(connector, lambda: {"things": table})
    batch: Batch = topics.batch(sent, {PLACE: 0}, "fuzz")
    (page,) = batch.pages
    counts = (page.events_count, page.tombstones_count, page.quarantined_count)
    assert sum(counts) == MESSAGES
    assert (len(batch.landed), len(batch.refused)) == (counts[0], counts[2])
    assert min(counts[0], counts[2]) > MESSAGES // 20
    assert all(refused.reason for refused in batch.refused)
    for fields in told(batch):
        assert_storable(fields)

    lines = [(message.value or b"").replace(b"\n", b" ") for message in sent]
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"\n".join(lines))
    done = replay(file, table)
    asked = sum(1 for line in lines if line.strip())
    assert done.events_count + done.tombstones_count + len(done.refusals) == asked
    assert time.process_time() - began < CPU_S
