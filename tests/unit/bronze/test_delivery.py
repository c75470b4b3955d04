"""A delivery file holds nothing that Postgres could not."""

import polars as pl
import pytest

from pipelines.bronze.delivery import Rows, write
from pipelines.bronze.tables import Column, Table

NOTES = Table("notes", (Column("place", "bigint"), Column("said", "text")))


def written(tmp_path, rows):
    frame = pl.read_csv(write(rows, "1.5", tmp_path), infer_schema=False)
    return frame["said"].to_list()


@pytest.mark.parametrize("is_plain", [True, False])
def test_text_is_made_storable_where_a_delivery_is_written(tmp_path, is_plain):
    said = ["a\0b", "\0", None, "as it is \ufffd", "\U0001f600"]
    frame = pl.DataFrame(
        {"place": range(5), "said": said}, schema_overrides={"place": pl.Int64}
    )

    assert written(tmp_path, Rows(NOTES, frame, is_plain=is_plain)) == [
        "a\ufffdb",
        "\ufffd",
        None,
        "as it is \ufffd",
        "\U0001f600",
    ]


def test_text_that_no_frame_can_hold_is_made_storable_too(tmp_path):
    said = ["\ud83d", "x\udc00\0", "\U0001f600"]
    rows = Rows.of(NOTES, [{"place": i, "said": text} for i, text in enumerate(said)])

    assert written(tmp_path, rows) == ["\ufffd", "x\ufffd\ufffd", "\U0001f600"]


def test_bytes_are_written_as_copy_reads_them_and_text_in_their_place_is_refused(
    tmp_path,
):
    table = Table("keys", (Column("key", "bytes", nullable=True),))
    rows = Rows.of(table, [{"key": key} for key in (b"\x00\xff,", b"", None)])

    frame = pl.read_csv(write(rows, "1.5", tmp_path), infer_schema=False)
    assert frame["key"].to_list() == ["\\x00ff2c", "\\x", None]

    # COPY would take it, and store its characters
    with pytest.raises(pl.exceptions.SchemaError):
        write(Rows(table, pl.DataFrame({"key": ["0x00"]})), "1.5", tmp_path)
