"""The archive's files of books and options, and what the host had none of."""

import io
import zipfile

import pytest

from pipelines.sandbox.archive.host import Archive
from pipelines.sandbox.clock import Clock, parse_instant
from pipelines.sandbox.faults import Faults
from pipelines.sources.archive.files import days, series_of
from pipelines.sources.archive.reading import Counts, rows_of
from tests.unit.sandbox.test_sandbox_archive import INVERSE, LINEAR, SERIES, SPOT
from tests.unit.sandbox.test_sandbox_archive_listing import listed, texts

NOW = parse_instant("2026-10-05T10:00:00Z")
FEEDS = {
    "book_depth": (LINEAR, "2025-12-31", 28_800),
    "book_tickers": (INVERSE, "2024-10-14", None),
    "volatility_index": (SPOT, "2026-10-01", 86_400),
    "option_summaries": (SPOT, "2023-10-23", 288),
}


def host(*faults):
    known = Faults(1)
    for fault in faults:
        known.add(fault)
    return Archive("binance", SERIES, Clock(NOW, is_frozen=True), known)


def file_of(feed, symbol, day):
    series = series_of("binance", symbol, feed)
    assert series is not None
    (covers,) = days((parse_instant(day), parse_instant(day) + 1))
    return series.file("daily", covers)


def fetched(archive, file):
    answer = archive.answer(f"/{file.path}", {})
    assert answer.status == 200, file.path
    return answer.body


def lines(packed):
    with zipfile.ZipFile(io.BytesIO(packed)) as held:
        return held.read(held.namelist()[0]).decode().splitlines()


@pytest.mark.parametrize("feed", FEEDS)
def test_a_file_is_read_whole_by_who_reads_the_hosts_and_is_as_large_as_listed(
    tmp_path, feed
):
    symbol, day, count = FEEDS[feed]
    archive, file = host(), file_of(feed, symbol, day)
    packed = fetched(archive, file)
    (size,) = texts(listed(archive, prefix=file.path), "Contents", "Size")[:1]
    assert int(size) == len(packed)
    path, counts = tmp_path / "file.csv", Counts()
    path.write_text("\n".join([*lines(packed), ""]))
    for _ in rows_of(file, path, "f", "2026-10-05T00:00:00Z", counts):
        pass
    assert (counts.refused, counts.has_header) == (0, True)
    assert counts.rows == (count or len(lines(packed)) - 1) > 0


@pytest.mark.parametrize(
    ("feed", "symbol", "day"),
    [
        ("book_tickers", LINEAR, "2024-03-31"),
        ("book_tickers", INVERSE, "2024-10-15"),
        ("book_depth", LINEAR, "2022-12-31"),
        ("option_summaries", SPOT, "2023-10-24"),
        ("volatility_index", SPOT, "2023-06-19"),
    ],
)
def test_what_the_host_never_had_or_has_no_more_is_not_there(feed, symbol, day):
    file = file_of(feed, symbol, day)
    assert host().answer(f"/{file.path}", {}).status == 404


def bands(packed):
    """The depths of a band, in the order of their times."""
    found: dict[str, list[str]] = {}
    for line in lines(packed)[1:]:
        _, band, depth, _ = line.split(",")
        found.setdefault(band, []).append(depth)
    return found


def test_a_narrow_band_came_with_another_spelling_and_depth_grows_outwards():
    old = bands(fetched(host(), file_of("book_depth", LINEAR, "2025-12-31")))
    assert [*old] == ["-5", "-4", "-3", "-2", "-1", "1", "2", "3", "4", "5"]
    new = bands(fetched(host(), file_of("book_depth", LINEAR, "2026-01-01")))
    assert [*new][4:8] == ["-1.00", "-0.20", "0.20", "1.00"]
    assert len(new["0.20"]) == 2880
    for side in ("", "-"):
        held = [float(new[f"{side}{band}"][7]) for band in ("0.20", "1.00", "5.00")]
        assert held == sorted(held)


def test_frozen_bands_of_the_asks_stand_still_under_a_checksum_that_holds():
    path = file_of("book_depth", LINEAR, "2026-09-04")
    archive = host({"kind": "archive_frozen", "probability": 1, "path": "2026-09-04"})
    packed = fetched(archive, path)
    told = archive.answer(f"/{path.path}.CHECKSUM", {}).body.decode()
    clean = host()
    assert told != clean.answer(f"/{path.path}.CHECKSUM", {}).body.decode()
    (size,) = texts(listed(archive, prefix=path.path), "Contents", "Size")[:1]
    assert int(size) == len(packed)
    still = {band for band, depths in bands(packed).items() if len({*depths}) == 1}
    assert still == {"0.20", "1.00", "2.00"}
    other = file_of("book_tickers", INVERSE, "2024-10-14")
    assert fetched(archive, other) == fetched(clean, other)
