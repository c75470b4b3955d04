"""The archive over HTTP: addresses, headers, ranges, recordings, transport faults."""

import csv
import gzip
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
import requests

from pipelines.sandbox.clock import iso, parse_instant
from pipelines.sandbox.market import DAY_MS
from pipelines.sandbox.running import Running, running
from tests.histories import recordings

NOW = "2024-03-07T10:00:30Z"
FOLDER = "data/spot/daily/klines/BTCUSDT/1m"
FILE = f"{FOLDER}/BTCUSDT-1m-2024-03-05.zip"
NAME = "BTCUSDT-1m-2023-03-11.zip"


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as held:
        held.trust_env = False
        yield held


@pytest.fixture(scope="module")
def started() -> Iterator[Running]:
    with running(now=NOW, frozen=True, in_thread=True) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(started: Running) -> Iterator[Running]:
    started.clear_faults()
    yield started
    started.clear_faults()


def keys(body: bytes) -> list[str]:
    space = "{http://s3.amazonaws.com/doc/2006-03-01/}"
    return [one.text or "" for one in fromstring(body).iter(f"{space}Key")]


def test_a_file_is_dated_by_the_sandboxs_clock(
    sandbox: Running, session: requests.Session
) -> None:
    assert sandbox.archive_url == f"{sandbox.url}/binance/archive"
    answer = session.get(f"{sandbox.archive_url}/{FILE}")
    assert answer.headers["Date"] == "Thu, 07 Mar 2024 10:00:30 GMT"
    assert answer.headers["Last-Modified"] == "Wed, 06 Mar 2024 02:00:00 GMT"
    assert answer.headers["Content-Type"] == "application/zip"
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    head = session.head(f"{sandbox.archive_url}/{FILE}")
    assert not head.content
    for name in ("Content-Length", "ETag", "Last-Modified"):
        assert head.headers[name] == answer.headers[name]
    digest = session.get(f"{sandbox.archive_url}/{FILE}.CHECKSUM").text.split()[0]
    assert digest == hashlib.sha256(answer.content).hexdigest()


def test_the_listing_lies_at_the_archives_own_address(
    sandbox: Running, session: requests.Session
) -> None:
    params = {"prefix": f"{FOLDER}/BTCUSDT-1m-2024-03-0", "delimiter": "/"}
    for url in (sandbox.archive_url, f"{sandbox.archive_url}/"):
        found = keys(session.get(url, params=params).content)
        assert found[::2] == [
            f"{FOLDER}/BTCUSDT-1m-2024-03-0{n}.zip" for n in range(1, 7)
        ]


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-99", 206, slice(0, 100)),
        ("bytes=100-", 206, slice(100, None)),
        ("bytes=999999999-", 416, slice(0, 0)),
        ("pages=1-2", 200, slice(None)),
    ],
)
def test_a_part_of_a_file_can_be_asked_for(
    sandbox: Running, session: requests.Session, asked: str, status: int, part: slice
) -> None:
    url = f"{sandbox.archive_url}/{FILE}"
    whole = session.get(url).content
    answer = session.get(url, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, whole[part])
    if status == 206:
        first = part.start
        last = (part.stop or len(whole)) - 1
        assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(whole)}"


def test_transport_faults_strike_the_archive_too(
    sandbox: Running, session: requests.Session
) -> None:
    url = f"{sandbox.archive_url}/{FILE}"
    whole = session.get(url).content
    sandbox.inject("too_many", next_requests=1, retry_after_s=3, path="/archive/")
    answer = session.get(url)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    sandbox.inject("server_error", next_requests=1, path=FILE)
    assert session.get(url).status_code == 503
    sandbox.inject("truncated", next_requests=1)
    assert session.get(url).content == whole[: len(whole) // 2]
    sandbox.inject("disconnect", next_requests=1)
    with pytest.raises(requests.exceptions.RequestException):
        session.get(url)
    sandbox.inject("timeout", next_requests=1, seconds=0.5)
    with pytest.raises(requests.exceptions.RequestException):
        session.get(url, timeout=0.2)
    assert session.get(url).content == whole


def test_a_file_is_published_again_when_a_test_says_so(
    sandbox: Running, session: requests.Session
) -> None:
    url = f"{sandbox.archive_url}/{FILE}"
    first = session.get(url)
    sandbox.inject("archive_republished", probability=1, path=FILE)
    again = session.get(url)
    assert again.headers["Last-Modified"] == "Thu, 07 Mar 2024 10:00:30 GMT"
    assert again.headers["ETag"] != first.headers["ETag"]
    assert again.content != first.content


def test_flags_say_how_files_are_written(session: requests.Session) -> None:
    with running(
        now=NOW,
        frozen=True,
        faults=["archive_missing=1@2024-03-04"],
        archive_microseconds_from="2024-03-05",
        archive_headers_from="2024-03-06",
        archive_page_keys=3,
    ) as flagged:
        lines = []
        for path in (
            FILE,
            FILE.replace("spot", "futures/um"),
            FILE.replace("spot", "futures/um").replace("03-05", "03-06"),
        ):
            packed = session.get(f"{flagged.archive_url}/{path}").content
            with zipfile.ZipFile(io.BytesIO(packed)) as held:
                lines.append(held.read(held.namelist()[0]).decode().splitlines()[0])
        listing = session.get(flagged.archive_url, params={"prefix": FOLDER}).content
        missing = FILE.replace("03-05", "03-04")
        assert session.get(f"{flagged.archive_url}/{missing}").status_code == 404
    assert [len(line.split(",")[0]) for line in lines] == [16, 13, len("open_time")]
    assert len(keys(listing)) == 3


@pytest.fixture(scope="module")
def recorded_day(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorded day, by REST's rows and as the archive's own file."""
    root = tmp_path_factory.mktemp("recordings")
    (root / "binance").mkdir()
    name = "api_v3_klines_BTCUSDT_1m_2023-03-11.json.gz"
    answer = json.loads(gzip.decompress((recorded / "archive" / name).read_bytes()))
    path = root / "binance" / "BTC-USDT_1m.csv.gz"
    with gzip.open(path, "wt", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(recordings.KEPT)
        writer.writerows([*row[:6], *row[7:11]] for row in answer)
    return root


def test_a_file_made_of_recorded_rows_holds_what_the_recorded_file_holds(
    recorded: Path, recorded_day: Path, session: requests.Session
) -> None:
    with running(
        recordings=recorded_day, now="2023-03-13", frozen=True, in_thread=True
    ) as sandbox:
        made = session.get(f"{sandbox.archive_url}/{FOLDER}/{NAME}").content
        listing = session.get(sandbox.archive_url, params={"prefix": "data/"}).content
    with zipfile.ZipFile(recorded / "archive" / NAME) as theirs:
        (name,) = theirs.namelist()
        with zipfile.ZipFile(io.BytesIO(made)) as ours:
            assert ours.namelist() == [name]
            assert ours.read(name) == theirs.read(name)
    of_minutes = [key for key in keys(listing) if "/1m/" in key]
    assert of_minutes == [f"{FOLDER}/{NAME}", f"{FOLDER}/{NAME}.CHECKSUM"]
    assert not [key for key in keys(listing) if "monthly" in key]


def test_a_recorded_file_is_served_byte_for_byte_and_wins_over_a_made_one(
    recorded: Path, recorded_day: Path, session: requests.Session
) -> None:
    folder = recorded_day / "binance" / "archive" / FOLDER
    folder.mkdir(parents=True)
    for name in (NAME, f"{NAME}.CHECKSUM"):
        content = (recorded / "archive" / name).read_bytes()
        (folder / name).write_bytes(content)
        at_s = parse_instant("2023-03-12T07:08:09Z") // 1000
        os.utime(folder / name, (at_s, at_s))
    bare = folder.parent / "5m"
    bare.mkdir()
    (bare / "BTCUSDT-5m-2023-03-11.zip").write_bytes(b"no zip at all")
    with running(
        recordings=recorded_day, now="2023-03-13", frozen=True, in_thread=True
    ) as sandbox:
        for name in (NAME, f"{NAME}.CHECKSUM"):
            answer = session.get(f"{sandbox.archive_url}/{FOLDER}/{name}")
            assert answer.content == (recorded / "archive" / name).read_bytes()
            assert answer.headers["Last-Modified"] == "Sun, 12 Mar 2023 07:08:09 GMT"
        listing = session.get(sandbox.archive_url, params={"prefix": FOLDER}).content
        assert keys(listing) == [f"{FOLDER}/{NAME}", f"{FOLDER}/{NAME}.CHECKSUM"]
        assert b"2023-03-12T07:08:09.000Z" in listing
        url = f"{sandbox.archive_url}/{FOLDER}/".replace("1m", "5m")
        digest = session.get(f"{url}BTCUSDT-5m-2023-03-11.zip.CHECKSUM").text
        assert digest.split()[0] == hashlib.sha256(b"no zip at all").hexdigest()
        sandbox.inject("archive_republished", probability=1, path=NAME)
        again = session.get(f"{sandbox.archive_url}/{FOLDER}/{NAME}").content
        with zipfile.ZipFile(io.BytesIO(again)) as held:
            assert held.testzip() is None
        assert again != (recorded / "archive" / NAME).read_bytes()


def test_recordings_may_be_of_the_archive_alone(
    tmp_path: Path, session: requests.Session
) -> None:
    path = "data/futures/cm/daily/klines/BTCUSD_PERP/1m/BTCUSD_PERP-1m-2023-03-11.zip"
    target = tmp_path / "binance" / "archive" / path
    target.parent.mkdir(parents=True)
    target.write_bytes(b"bytes")
    with running(recordings=tmp_path, now=NOW, in_thread=True) as sandbox:
        assert session.get(f"{sandbox.archive_url}/{path}").content == b"bytes"
        listing = session.get(sandbox.archive_url, params={"prefix": "data/"}).content
        assert keys(listing) == [path, f"{path}.CHECKSUM"]


def test_a_recording_of_two_days_has_a_file_for_each_once_it_is_published(
    recorded: Path, tmp_path: Path, session: requests.Session
) -> None:
    recordings.write(recorded, tmp_path / "served")
    (tmp_path / "served" / "binance_us").rename(tmp_path / "served" / "binance")
    end = parse_instant("2023-03-03")
    with running(
        recordings=tmp_path / "served", now=iso(end), frozen=True, in_thread=True
    ) as sandbox:
        params = {"prefix": f"{FOLDER}/"}
        first = keys(session.get(sandbox.archive_url, params=params).content)
        sandbox.set_clock(iso(end + 30 * DAY_MS))
        later = keys(session.get(sandbox.archive_url, params=params).content)
    days = [f"{FOLDER}/BTCUSDT-1m-2023-03-0{n}.zip" for n in (1, 2)]
    assert (first[::2], later[::2]) == (days[:1], days)
