"""The archive's listing: S3's first version of it, page by page."""

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sandbox.archive.host import Archive
from pipelines.sandbox.archive.listing import Key, ListedFolder, ListRequest, page
from pipelines.sandbox.clock import parse_instant
from tests.unit.sandbox.test_sandbox_archive import (
    ARCHIVE,
    SPOT,
    archive,
    fetched,
    path_of,
)

NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"
BTC = "data/spot/daily/klines/BTCUSDT/1m/"


def listed(host: Archive = ARCHIVE, **asked: object) -> Element:
    params = {name.replace("_", "-"): str(value) for name, value in asked.items()}
    answer = host.answer("/", params)
    assert answer.headers["Content-Type"] == "application/xml"
    return fromstring(answer.body)


def texts(body: Element, *path: str) -> list[str]:
    found = body.findall("/".join(NAMESPACE + name for name in path))
    return [one.text or "" for one in found]


def pages(host: Archive = ARCHIVE, **asked: Any) -> Iterator[Element]:
    marker = ""
    while True:
        body = listed(host, marker=marker, **asked)
        yield body
        if texts(body, "IsTruncated") == ["false"]:
            return
        following = texts(body, "NextMarker")
        marker = following[0] if following else texts(body, "Contents", "Key")[-1]


def test_a_page_holds_a_thousand_keys_and_the_next_goes_on_after_them() -> None:
    asked: dict[str, Any] = {"prefix": BTC, "delimiter": "/"}
    first, *others = pages(**asked)
    assert len(texts(first, "Contents", "Key")) == 1000
    keys = [key for body in (first, *others) for key in texts(body, "Contents", "Key")]
    assert keys == sorted(set(keys))
    zips = [key for key in keys if key.endswith(".zip")]
    assert [f"{key}.CHECKSUM" for key in zips] == [k for k in keys if k not in zips]
    assert zips[0] == path_of(SPOT, "1m", "2019-01-01")
    assert zips[-1] == path_of(SPOT, "1m", "2025-02-04")
    assert (
        len(zips)
        == (parse_instant("2025-02-05") - parse_instant("2019-01-01")) // 86_400_000
    )


@pytest.mark.parametrize("delimiter", ["/", ""])
def test_small_pages_hold_what_one_large_page_holds(delimiter: str) -> None:
    asked: dict[str, Any] = {
        "prefix": f"{BTC}BTCUSDT-1m-2025-01",
        "delimiter": delimiter,
    }
    (whole,) = pages(**asked)
    small = list(pages(archive(max_keys=7), **asked))
    assert len(small) == 9
    keys = [key for body in small for key in texts(body, "Contents", "Key")]
    assert keys == texts(whole, "Contents", "Key")
    assert all(bool(texts(b, "NextMarker")) == bool(delimiter) for b in small[:-1])
    own = list(pages(max_keys=31, **asked))
    assert [len(texts(body, "Contents", "Key")) for body in own] == [31, 31]


def test_folders_are_common_prefixes() -> None:
    def folders(prefix: str) -> list[str]:
        body = listed(prefix=prefix, delimiter="/")
        assert not texts(body, "Contents", "Key")
        return texts(body, "CommonPrefixes", "Prefix")

    assert folders("") == ["data/"]
    assert folders("data/") == ["data/futures/", "data/option/", "data/spot/"]
    assert folders("data/futures/") == ["data/futures/cm/", "data/futures/um/"]
    assert folders("data/spot/daily/") == [
        f"data/spot/daily/{feed}/" for feed in ("aggTrades", "klines", "trades")
    ]
    assert folders("data/option/daily/BVOLIndex/") == [
        f"data/option/daily/BVOLIndex/{base}BVOLUSDT/" for base in ("BTC", "ETH")
    ]
    assert "data/futures/um/monthly/fundingRate/" in folders("data/futures/um/monthly/")
    symbols = folders("data/futures/cm/daily/klines/")
    assert "data/futures/cm/daily/klines/BTCUSD_250328/" in symbols
    assert not [s for s in symbols if "BTCUSD_26" in s], "not listed by now"
    (first, *_) = pages(archive(max_keys=1), prefix="data/", delimiter="/")
    assert texts(first, "NextMarker") == ["data/futures/"]
    one_each = pages(archive(max_keys=1), prefix="data/", delimiter="/")
    assert [texts(b, "CommonPrefixes", "Prefix")[0] for b in one_each] == [
        "data/futures/",
        "data/option/",
        "data/spot/",
    ]


def test_a_key_tells_the_size_and_time_of_what_is_fetched() -> None:
    path = path_of(SPOT, "1m", "2025-02-03")
    body = listed(prefix=path)
    assert texts(body, "Contents", "Key") == [path, f"{path}.CHECKSUM"]
    sizes = [int(size) for size in texts(body, "Contents", "Size")]
    assert sizes == [len(fetched(path)), len(fetched(f"{path}.CHECKSUM"))]
    assert texts(body, "Contents", "LastModified") == ["2025-02-04T02:00:00.000Z"] * 2
    tags = [
        ARCHIVE.answer(f"/{p}", {}).headers["ETag"] for p in (path, path + ".CHECKSUM")
    ]
    assert texts(body, "Contents", "ETag") == tags
    assert texts(body, "Name") == ["data.binance.vision"]


def test_a_marker_need_not_be_a_key() -> None:
    marker = f"{BTC}BTCUSDT-1m-2025-02-02"
    keys = texts(listed(prefix=BTC, marker=marker), "Contents", "Key")
    assert keys[0] == path_of(SPOT, "1m", "2025-02-02")
    assert len(keys) == 6


NAMES = st.lists(st.text("ab/", min_size=1, max_size=5), max_size=12, unique=True)


@given(
    names=NAMES,
    prefix=st.text("ab/", max_size=2),
    delimiter=st.sampled_from(["", "/"]),
    marker=st.text("ab/", max_size=3),
    most=st.integers(1, 4),
)
def test_any_tree_is_listed_as_s3_would(
    names: list[str], prefix: str, delimiter: str, marker: str, most: int
) -> None:
    """Against the documented rules, applied to all the keys at once."""
    shelves: dict[str, list[str]] = {}
    for name in sorted(names):
        head, slash, _ = name.rpartition("/")
        shelves.setdefault(head + slash, []).append(name)
    kept = [
        ListedFolder(folder, list(own).__iter__, lambda name: Key(name, 0, "", 0))
        for folder, own in sorted(shelves.items())
        if folder.startswith(prefix) or prefix.startswith(folder)
    ]
    expected: list[str] = []
    for name in sorted(names):
        if not name.startswith(prefix):
            continue
        cut = name.find(delimiter, len(prefix)) if delimiter else -1
        shown = name if cut < 0 else name[: cut + 1]
        if shown > marker and shown not in expected:
            expected.append(shown)
    found = page(kept, ListRequest(prefix, delimiter, marker, most))
    shown_now = sorted([key.name for key in found.keys] + found.prefixes)
    assert shown_now == expected[:most]
    assert found.is_truncated == (len(expected) > most)
