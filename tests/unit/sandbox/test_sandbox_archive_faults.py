"""What can be wrong with a file of the archive, and with whom it is consistent."""

import hashlib
import io
import zipfile
from typing import Any

import pytest

from pipelines.errors import SetupError
from pipelines.sandbox.archive.host import Archive
from pipelines.sandbox.archive.zipped import changed, zipped
from pipelines.sandbox.clock import Clock, parse_instant
from pipelines.sandbox.faults import Fault, Faults
from tests.unit.sandbox.test_sandbox_archive import NOW, SERIES, SPOT, path_of
from tests.unit.sandbox.test_sandbox_archive_listing import listed, texts

PATH = path_of(SPOT, "1m", "2024-03-05")
OTHER = path_of(SPOT, "1m", "2024-03-06")
INJECTED = parse_instant("2025-02-05T09:00:00.500Z")


def struck(kind: str, **fields: Any) -> Archive:
    known = {"probability": 1, "path": "2024-03-05", "at_ms": INJECTED}
    faults = Faults(1)
    faults.add({"kind": kind, **known, **fields})
    return Archive("binance", SERIES, Clock(NOW, is_frozen=True), faults)


def get(host: Archive, path: str = PATH) -> bytes:
    answer = host.answer(f"/{path}", {})
    assert answer.status == 200
    return answer.body


def holds(host: Archive, path: str = PATH) -> bool:
    digest = get(host, f"{path}.CHECKSUM").decode().split()[0]
    return digest == hashlib.sha256(get(host, path)).hexdigest()


def rows(packed: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(packed)) as held:
        return held.read(held.namelist()[0]).decode().splitlines()


CLEAN = struck("archive_missing", path="none")


@pytest.mark.parametrize("variant", ["", "zip", "checksum"])
def test_a_bad_checksum_is_of_one_file_and_stays(variant: str) -> None:
    host = struck("archive_checksum", variant=variant)
    assert not holds(host)
    assert not holds(host)
    assert holds(host, OTHER)
    differs = [a != b for a, b in zip(get(host), get(CLEAN), strict=True)]
    assert sum(differs) == (0 if variant == "checksum" else 1)
    assert get(host, f"{PATH}.CHECKSUM") != get(CLEAN, f"{PATH}.CHECKSUM") or (
        variant != "checksum"
    )


def test_a_bad_transfer_is_better_the_next_time() -> None:
    host = struck("archive_checksum", probability=0, next_requests=1)
    assert get(host, f"{PATH}.CHECKSUM") == get(CLEAN, f"{PATH}.CHECKSUM")
    assert get(host) != get(CLEAN)
    assert get(host) == get(CLEAN)


def test_a_file_published_again_is_later_has_one_value_changed_and_holds() -> None:
    host = struck("archive_republished")
    assert holds(host)
    before, after = rows(get(CLEAN)), rows(get(host))
    (place,) = [n for n, row in enumerate(before) if row != after[n]]
    assert place == 720
    old, new = before[place].split(","), after[place].split(",")
    assert [n for n in range(12) if old[n] != new[n]] == [2]
    assert int(new[2].replace(".", "")) - int(old[2].replace(".", "")) == 1
    said = host.answer(f"/{PATH}", {}).headers["Last-Modified"]
    assert said == "Wed, 05 Feb 2025 09:00:00 GMT"
    body = listed(host, prefix=PATH)
    assert texts(body, "Contents", "LastModified")[0] == "2025-02-05T09:00:00.000Z"
    assert texts(body, "Contents", "Size")[0] == str(len(get(host)))
    assert get(host, OTHER) == get(CLEAN, OTHER)


def test_a_file_may_be_published_more_than_once_again() -> None:
    fault = Fault("archive_republished", probability=1, path="2024-03-05")
    clock = Clock(NOW, is_frozen=True)
    hosts = [
        Archive("binance", SERIES, clock, Faults(1, (fault,) * n)) for n in range(3)
    ]
    highs = [rows(get(host))[720].split(",")[2] for host in hosts]
    assert highs == sorted(set(highs))
    said = [host.answer(f"/{PATH}", {}).headers["Last-Modified"] for host in hosts]
    assert [text[-12:] for text in said] == [
        "02:00:00 GMT",
        "02:00:01 GMT",
        "02:00:02 GMT",
    ]


def test_a_missing_file_is_neither_listed_nor_there() -> None:
    host = struck("archive_missing")
    assert host.answer(f"/{PATH}", {}).status == 404
    assert host.answer(f"/{PATH}.CHECKSUM", {}).status == 404
    assert not texts(listed(host, prefix=PATH), "Contents", "Key")
    lost = struck("archive_missing", variant="listed")
    assert lost.answer(f"/{PATH}", {}).status == 404
    assert len(texts(listed(lost, prefix=PATH), "Contents", "Key")) == 2


@pytest.mark.parametrize(("variant", "is_held"), [("", True), ("original", False)])
def test_a_truncated_zip_is_half_of_it(variant: str, is_held: bool) -> None:
    host = struck("archive_truncated", variant=variant)
    whole = get(CLEAN)
    assert get(host) == whole[: len(whole) // 2]
    assert holds(host) == is_held
    size = texts(listed(host, prefix=PATH), "Contents", "Size")[0]
    assert size == str(len(get(host)))
    with pytest.raises(zipfile.BadZipFile):
        rows(get(host))


def test_a_share_of_the_files_is_struck_and_always_the_same_ones() -> None:
    paths = [path_of(SPOT, "1d", f"2024-03-{day:02d}") for day in range(1, 31)]

    def bad() -> list[str]:
        host = struck("archive_checksum", probability=0.3, path="")
        return [path for path in paths if not holds(host, path)]

    first = bad()
    assert 3 <= len(first) <= 16
    assert bad() == first


def test_a_variant_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SetupError, match="archive_missing has no variant 'zip'"):
        Fault("archive_missing", variant="zip")


@pytest.mark.parametrize(
    ("row", "altered"),
    [
        ("1,8,-0.00010000", "1,8,-0.00009999"),
        ("1,8,-0.00000001", "1,8,0.00000000"),
        ("1,2,99.99,4", "1,2,100.00,4"),
        ("1,2,206,4", "1,2,207,4"),
    ],
)
def test_the_value_that_changes_keeps_its_form(row: str, altered: str) -> None:
    packed = zipped("a.csv", f"{row}\n".encode(), NOW)
    found = rows(changed(packed, 1, NOW))[0]
    assert found.replace("-0.00000000", "0.00000000") == altered
