"""What the archive's host sends amiss is an error of the file or of its listing."""

import struct
import time
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.errors import BadDataError, UpstreamError
from pipelines.settings import settings
from pipelines.sources.archive import host, listing, zips
from pipelines.upstream.bounds import Bounds
from tests.fakes.archive_rows import DAY, kline, read_tables
from tests.fakes.archive_server import Held, archive_server, csv, zipped

NAME = "BTCUSDT-1m-2025-01-01"
ENTRY = {"Key": "data/a.zip", "Size": "7", "LastModified": "2024-06-01T03:04:05.000Z"}


def listed(more="", **cells):
    fields = "".join(f"<{n}>{text}</{n}>" for n, text in (ENTRY | cells).items())
    return (
        "<ListBucketResult><IsTruncated>false</IsTruncated>"
        f"{more}<Contents>{fields}</Contents></ListBucketResult>"
    ).encode()


@pytest.mark.parametrize(
    "cells",
    [
        {"Size": "1" + "0" * 30},
        {"Size": "-1"},
        {"Size": "\u0663"},
        {"Size": "1e3"},
        {"Size": ""},
        {"LastModified": "99999-12-31T23:59:59Z"},
        {"LastModified": "soon"},
    ],
)
def test_an_entry_that_can_not_be_is_refused_by_its_key(cells):
    assert len(listing.parse(listed()).entries) == 1
    with pytest.raises(ValueError, match="a broken entry"):
        listing.parse(listed(**cells))


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("<a>" * 10_000 + "</a>" * 10_000, "nested deeper than 32 levels"),
        ("<a>" * 1_000_000, "nested deeper than 32 levels"),
        ("<Contents></Contents>" * 100_001, "more than 100000 files in one page"),
    ],
    ids=["deep", "open", "long"],
)
def test_a_listing_beyond_the_bounds_is_refused(more, reason):
    with pytest.raises(ValueError, match=reason):
        listing.parse(listed(more))


@pytest.mark.timeout(20)
def test_a_text_in_many_parts_is_read_in_time():
    assert len(listing.parse(listed("<Name>" + "a&amp;" * 500_000 + "</Name>")).entries)


def test_a_listing_that_never_ends_is_refused(monkeypatch):
    with archive_server() as server:
        monkeypatch.setenv("BULLION_ARCHIVE_URL", server.url)
        monkeypatch.setattr(host, "BOUNDS", Bounds(pages=3))
        settings.cache_clear()
        server.files = {f"data/{i}": Held(b"x") for i in range(9)}
        server.page_size = 2
        with pytest.raises(UpstreamError, match="has over"):
            host.ArchiveHost(attempts=1).listed("data/", [])
        settings.cache_clear()


def headed(**fields):
    """A zip whose directory has these words in place of its own."""
    content = bytearray(zipped(f"{NAME}.csv", b"1,2\n"))
    at = content.index(b"PK\x01\x02")
    for name, value in fields.items():
        offset, form = {"offset": (42, "<I"), "size": (24, "<I"), "flags": (8, "<H")}[
            name
        ]
        struct.pack_into(form, content, at + offset, value)
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        headed(offset=2**32 - 2),
        headed(offset=5),
        headed(size=2**32 - 2),
        headed(flags=0x2020),
        b"",
        b"PK\x05\x06" + b"\xff" * 18,
        b"PK\x05\x06" + b"\0" * 18,
        zipped(f"{NAME}.csv", b"1,2\n")[20:],
    ],
)
def test_whatever_a_zips_header_says_it_is_refused_or_read(tmp_path, content):
    path = tmp_path / f"{NAME}.zip"
    path.write_bytes(content)
    with pytest.raises(BadDataError):
        zips.unpacked(path, f"{NAME}.csv", tmp_path / "out.csv")


def test_what_the_disk_refuses_is_no_fault_of_the_zip(tmp_path):
    path = tmp_path / f"{NAME}.zip"
    path.write_bytes(zipped(f"{NAME}.csv", b"1,2\n"))
    with pytest.raises(UpstreamError, match="Is a directory"):
        zips.unpacked(path, f"{NAME}.csv", tmp_path)


def test_many_bad_rows_cost_no_more_than_each_its_own(tmp_path):
    lines = [kline(DAY + i % 1440 * 60_000) for i in range(40_000)]
    lines[::20] = [kline(DAY, high="0.5")] * 2_000

    began = time.process_time()
    tables, counts = read_tables(tmp_path, csv(lines))

    assert (counts.rows, counts.refused) == (38_000, 2_000)
    assert len(tables["quarantine"]) == 2_000
    assert time.process_time() - began < 5  # 17 s where each split its block again


@pytest.mark.timeout(30)
@pytest.mark.parametrize("ahead", [timedelta(days=1), timedelta(days=365 * 7900)])
def test_a_host_whose_clock_is_ahead_of_ours_judges_nothing(monkeypatch, ahead):
    with archive_server() as server:
        monkeypatch.setenv("BULLION_ARCHIVE_URL", server.url)
        settings.cache_clear()
        server.now = datetime.now(UTC) + ahead
        with pytest.raises(UpstreamError, match="ahead of ours"):
            host.ArchiveHost(attempts=1).now_ms([])
        settings.cache_clear()
