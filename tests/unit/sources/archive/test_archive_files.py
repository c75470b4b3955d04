"""Files of the archive: names, listings, checksums, zips, and what fits a span."""

import io
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.config.rows import configuration
from pipelines.errors import BadDataError, SetupError, UpstreamError
from pipelines.settings import PROJECT_DIR, settings
from pipelines.sources.archive import listing, working_folder, zips
from pipelines.sources.archive.attempt import AbsentError
from pipelines.sources.archive.choices import chosen, span_of
from pipelines.sources.archive.fetching import RefusedFile, fetch, named_sha256
from pipelines.sources.archive.files import months, series_of
from pipelines.sources.archive.host import ArchiveHost
from pipelines.sources.archive.plan import plan_of
from pipelines.upstream.options import LoadOptions
from pipelines.upstream.request_log import RequestLog
from tests.fakes.archive_server import NOW, PUBLISHED, Held, archive_server, zipped

NAME = "BTCUSDT-1m-2023-03-11"
DAILY = "data/spot/daily/klines/BTCUSDT/1m/BTCUSDT-1m-"
UM, CM = "data/futures/um/daily", "data/futures/cm/daily"
MONTHLY = "data/spot/monthly/klines/BTCUSDT/1m/BTCUSDT-1m-"


def ms(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def series(symbol="BTC/USDT", feed="klines"):
    found = series_of("binance", symbol, feed)
    assert found is not None
    return found


def span(since, until):
    return ms(since), ms(until)


@pytest.fixture
def server(tmp_path, monkeypatch):
    with archive_server() as found:
        monkeypatch.setenv("BULLION_ARCHIVE_URL", found.url + "/")
        monkeypatch.setenv("BULLION_DATA_DIR", str(tmp_path))
        settings.cache_clear()
        yield found
    settings.cache_clear()


@pytest.fixture
def host(server):
    return ArchiveHost(attempts=3, sleep=lambda _: None)


@pytest.mark.parametrize(
    ("symbol", "feed", "path"),
    [
        ("BTC/USDT", "klines", f"{DAILY}2023-03-11.zip"),
        (
            "BTC/USDT:USDT",
            "agg_trades",
            "data/futures/um/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2023-03-11.zip",
        ),
        (
            "BTC/USD:BTC",
            "trades",
            "data/futures/cm/daily/trades/BTCUSD_PERP/BTCUSD_PERP-trades-2023-03-11.zip",
        ),
        (
            "BTC/USDT:USDT-241227",
            "klines",
            f"{UM}/klines/BTCUSDT_241227/1m/BTCUSDT_241227-1m-2023-03-11.zip",
        ),
        (
            "BTC/USD:BTC-241227",
            "trades",
            f"{CM}/trades/BTCUSD_241227/BTCUSD_241227-trades-2023-03-11.zip",
        ),
    ],
)
def test_a_series_files_lie_where_the_host_puts_them(symbol, feed, path):
    file = series(symbol, feed).file("daily", span("2023-03-11", "2023-03-12"))

    assert file.path == path
    assert file.member == path.rsplit("/", 1)[1].replace(".zip", ".csv")
    assert series(symbol, feed).path_of(file.name) == path


def test_a_months_file_has_its_month_and_its_days():
    found = list(months(span("2023-12-15", "2024-02-01")))

    assert found == [span("2023-12-01", "2024-01-01"), span("2024-01-01", "2024-02-01")]
    file = series().file("monthly", found[0])
    assert (file.path, file.minutes) == (f"{MONTHLY}2023-12.zip", 31 * 1440)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"scopes": ["kraken"]}, "no archive of kraken; known: binance"),
        ({"subjects": ["BTCUSDT"]}, "'BTCUSDT' is not a symbol such as BTC/USDT"),
        (
            {"subjects": ["BTC/USDT:EUR"]},
            "BTC/USDT:EUR settles in neither BTC nor USDT",
        ),
        (
            {"subjects": ["BTC/USDT"], "feeds": ["funding_rates"]},
            "no funding_rates of BTC/USDT",
        ),
        ({"feeds": ["books"]}, "unknown feed books; known: klines, agg_trades"),
        ({"since": "2024-01-02", "until": "2024-01-01"}, "is not after"),
    ],
)
def test_what_can_not_be_loaded_is_said_before_anything_is_asked(options, sentence):
    with pytest.raises(SetupError, match=sentence.replace("(", r"\(")):
        chosen(configuration(PROJECT_DIR / "seeds"), LoadOptions.parse(**options))


def test_by_default_it_is_yesterday_by_the_hosts_clock():
    now = ms("2024-06-15T12:34:56")
    assert span_of(LoadOptions.parse(), now) == span("2024-06-14", "2024-06-15")
    asked = LoadOptions.parse(since="-P3D", until="2024-06-15")
    assert span_of(asked, ms("2024-06-15")) == span("2024-06-12", "2024-06-15")


@pytest.mark.parametrize("page_size", [1, 2, 3, 1000])
def test_a_listing_is_read_page_by_page(server, host, page_size):
    server.page_size = page_size
    for day in ("10", "11", "12"):
        server.put(f"{DAILY}2023-03-{day}.zip", b"x" * int(day))
    server.put(f"{DAILY}2023-04-01.zip", b"")

    journal: RequestLog = []
    entries, heard = host.listed(f"{DAILY}2023-03-1", journal)

    zips_only = [e for e in entries if e.key.endswith(".zip")]
    assert [(e.key[-6:], e.bytes_count) for e in zips_only] == [
        ("10.zip", 10),
        ("11.zip", 11),
        ("12.zip", 12),
    ]
    assert zips_only[0].published_at_ms == int(PUBLISHED.timestamp() * 1000)
    assert heard.now_ms == int(NOW.timestamp() * 1000)
    assert len(journal) == len(server.asked)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"<html><body>maintenance</body></html>", "not a listing but html"),
        (b"<ListBucketResult><Contents>", "not a listing"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><ListBucketResult/>', "document type"),
        (
            b"<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
            "broken entry",
        ),
        (
            b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
            "after an empty page",
        ),
    ],
)
def test_what_is_no_listing_is_said_to_be_none(body, sentence):
    with pytest.raises(ValueError, match=sentence):
        listing.parse(body)


def test_a_listing_without_a_marker_goes_on_after_its_last_key():
    entry = (
        b"<Contents><Key>%s</Key><Size>1</Size>"
        b"<LastModified>2024-01-01T00:00:00.000Z</LastModified></Contents>"
    )
    page = listing.parse(
        b"<ListBucketResult><IsTruncated>true</IsTruncated>"
        + entry % b"a"
        + entry % b"b"
        + b"</ListBucketResult>"
    )

    assert page.next_marker == "b"


def test_a_listing_that_goes_round_in_a_circle_is_left(server, host, monkeypatch):
    body = (
        b"<ListBucketResult><IsTruncated>true</IsTruncated>"
        b"<NextMarker>data/a</NextMarker></ListBucketResult>"
    )
    monkeypatch.setattr(server, "listing", lambda _: body)
    with pytest.raises(UpstreamError, match="circle"):
        host.listed("data/", [])


SHA = "dc33e08acb2a5378ff30c8b66d1de1c3b9e0d90d59e75bdfe8a0d64e2c6223dc"


@pytest.mark.parametrize("line", [f"{SHA}  {NAME}.zip\n", f"{SHA.upper()} *{NAME}.zip"])
def test_a_checksum_is_read_as_sha256sum_writes_it(line):
    assert named_sha256(line, f"{NAME}.zip") == SHA


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"{SHA}  other.zip", "is of 'other.zip', not"),
        ("<html>", "is none"),
        (f"{SHA[:-1]}  {NAME}.zip", "is none"),
        (f"{SHA}  {NAME}.zip\n{SHA}  {NAME}.zip\n", "'"),
    ],
)
def test_a_checksum_that_says_something_else_is_refused(text, sentence):
    with pytest.raises(BadDataError, match=sentence):
        named_sha256(text, f"{NAME}.zip")


def encrypted():
    content = bytearray(zipped(f"{NAME}.csv", b"1,2\n"))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    return bytes(content)


def two_members():
    found = io.BytesIO(zipped(f"{NAME}.csv", b"1,2\n"))
    with zipfile.ZipFile(found, "a") as archive:
        archive.writestr("more.csv", b"3,4\n")
    return found.getvalue()


def corrupt():
    content = bytearray(zipped(f"{NAME}.csv", b"1,2\n", zipfile.ZIP_STORED))
    at = content.index(b"1,2\n")
    content[at] = ord("9")
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (zipped(f"{NAME}.csv", b"1,2\n")[:-30], "is a broken zip"),
        (b"<html>", "is a broken zip"),
        (corrupt(), "is a broken zip: BadZipFile Bad CRC-32"),
        (encrypted(), "is encrypted"),
        (two_members(), "has 2 members, not one"),
        (zipped("../../evil.csv", b"1\n"), "has the member"),
        (zipped(f"{NAME}.csv", b"0" * 10_000_000), "more than 200 times as many"),
        (zipped(f"{NAME}.csv", b"1,2\n", zipfile.ZIP_LZMA), "is packed by method 14"),
    ],
)
def test_a_zip_that_can_not_be_right_is_refused(tmp_path, content, sentence):
    path = tmp_path / f"{NAME}.zip"
    path.write_bytes(content)
    with pytest.raises(BadDataError, match=sentence):
        zips.unpacked(path, f"{NAME}.csv", tmp_path / "out.csv")


def test_a_zip_too_large_for_any_month_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(zips, "LARGEST_CSV", 100)
    path = tmp_path / f"{NAME}.zip"
    path.write_bytes(zipped(f"{NAME}.csv", bytes(range(101)), zipfile.ZIP_STORED))
    with pytest.raises(BadDataError, match="unpacks to 101 bytes, over 100"):
        zips.unpacked(path, f"{NAME}.csv", tmp_path / "out.csv")


def test_a_zip_that_the_disk_has_no_room_for_is_not_the_hosts_fault(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("U", (), {"free": 1}))
    path = tmp_path / f"{NAME}.zip"
    path.write_bytes(zipped(f"{NAME}.csv", b"1,2\n"))
    with pytest.raises(UpstreamError, match="has room for 1"):
        zips.unpacked(path, f"{NAME}.csv", tmp_path / "out.csv")


def planned(host, since, until, feed="klines", symbol="BTC/USDT"):
    found = plan_of(host, series(symbol, feed), span(since, until), [])
    assert found is not None
    return [f.path for f in found.files], [f.path for f in found.missing]


def test_a_whole_month_is_taken_by_the_month_and_other_days_by_the_day(server, host):
    server.put(f"{MONTHLY}2024-02.zip", b"m")
    for day in ("2024-02-28", "2024-02-29", "2024-03-01"):
        server.put(f"{DAILY}{day}.zip", b"d")

    assert planned(host, "2024-02-01", "2024-03-02") == (
        [f"{MONTHLY}2024-02.zip", f"{DAILY}2024-03-01.zip"],
        [],
    )
    assert planned(host, "2024-02-28T05:00", "2024-03-01") == (
        [f"{DAILY}2024-02-28.zip", f"{DAILY}2024-02-29.zip"],
        [],
    )


def test_a_day_without_a_file_of_its_own_is_taken_from_its_month(server, host):
    server.put(f"{MONTHLY}2024-02.zip", b"m")

    assert planned(host, "2024-02-05", "2024-02-06") == ([f"{MONTHLY}2024-02.zip"], [])


def test_what_has_ended_and_is_not_there_is_missing(server, host):
    server.put(f"{DAILY}2024-06-13.zip", b"d")

    files, missing = planned(host, "2024-06-12", "2024-06-20")

    assert files == [f"{DAILY}2024-06-13.zip"]
    assert missing == [f"{DAILY}2024-06-12.zip", f"{DAILY}2024-06-14.zip"]
    assert planned(host, "2024-01-01", "2024-03-01") == (
        [],
        [f"{MONTHLY}2024-01.zip", f"{MONTHLY}2024-02.zip"],
    )


def test_funding_is_taken_by_the_month_alone(server, host):
    path = "data/futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-"
    server.put(f"{path}2024-05.zip", b"f")

    assert planned(
        host, "2024-04-20", "2024-06-10", "funding_rates", "BTC/USDT:USDT"
    ) == ([f"{path}2024-05.zip"], [f"{path}2024-04.zip"])


def test_the_days_that_a_volatility_index_lacks_are_missing_each(server, host):
    server.now = datetime(2026, 9, 12, tzinfo=UTC)
    path = "data/option/daily/BVOLIndex/BTCBVOLUSDT/BTCBVOLUSDT-BVOLIndex-"
    for held in ("2025-12-14", "2026-01-05"):
        server.put(f"{path}{held}.zip", b"b")

    files, missing = planned(host, "2025-12-14", "2026-01-06", "volatility_index")

    assert files == [f"{path}2025-12-14.zip", f"{path}2026-01-05.zip"]
    assert len(missing) == 21
    assert [missing[0], missing[-1]] == [
        f"{path}2025-12-15.zip",
        f"{path}2026-01-04.zip",
    ]


def test_what_ended_is_not_asked_for_beyond_its_end(server, host):
    name = "bookTicker/BTCUSDT/BTCUSDT-bookTicker-"
    server.put(f"{UM}/{name}2024-03-29.zip", b"t")
    server.put(f"data/futures/um/monthly/{name}2024-04.zip", b"t")

    asked = ("book_tickers", "BTC/USDT:USDT")
    assert planned(host, "2024-03-29", "2024-05-01", *asked) == (
        [f"{UM}/{name}2024-03-29.zip"],
        [f"{UM}/{name}2024-03-30.zip"],
    )
    server.asked.clear()
    with pytest.raises(BadDataError, match="ended: 2024-03-31 and later days"):
        planned(host, "2024-03-31", "2024-05-01", *asked)
    assert server.asked == []


def day(host, **known):
    path = f"{DAILY}2023-03-11.zip"
    entries, _ = host.listed(path, [])
    found = {e.key: e for e in entries}[path]
    covers = span("2023-03-11", "2023-03-12")
    return series().file("daily", covers, found.bytes_count, found.published_at_ms)


def test_a_download_is_kept_under_its_name_only_when_its_checksum_held(server, host):
    server.put(f"{DAILY}2023-03-11.zip", b"whole")
    fetched = fetch(host, day(host), [])
    assert fetched.path.read_bytes() == b"whole"

    asked = len(server.downloads)
    assert fetch(host, day(host), []).sha256 == fetched.sha256
    assert len(server.downloads) == asked

    server.put(f"{DAILY}2023-03-11.zip", b"other", sha256="0" * 64)
    with pytest.raises(RefusedFile, match="has sha256") as refused:
        fetch(host, day(host), [])
    assert refused.value.file == day(host)
    assert fetched.path.read_bytes() == b"whole"
    assert not list(fetched.path.parent.glob("*.part"))


def test_an_older_version_than_is_listed_is_not_taken_for_it(server, host):
    path = f"{DAILY}2023-03-11.zip"
    server.put(path, b"old")
    server.files[path].listed_at = PUBLISHED + timedelta(hours=1)
    with pytest.raises(UpstreamError, match="an older version came"):
        fetch(host, day(host), [])


def test_a_newer_version_than_is_listed_is_known_by_its_own_time(server, host):
    path = f"{DAILY}2023-03-11.zip"
    server.put(path, b"new one", published=PUBLISHED + timedelta(hours=1))
    listed = day(host)
    server.files[path].listed_at = PUBLISHED
    before = day(host)
    server.files[path] = Held(b"new one", PUBLISHED + timedelta(hours=1))

    assert fetch(host, before, []).file == listed


def test_a_file_whose_checksum_is_not_there_yet_is_left_for_later(server, host):
    path = f"{DAILY}2023-03-11.zip"
    server.put(path, b"x")
    file = day(host)
    del server.files[f"{path}.CHECKSUM"]
    with pytest.raises(UpstreamError, match="has no checksum yet"):
        fetch(host, file, [])


def test_the_host_is_asked_again_after_the_silence_that_it_wants(server):
    slept: list[float] = []
    host = ArchiveHost(attempts=3, sleep=slept.append)
    refusals = [(429, {"Retry-After": "7"}), (503, {}), None]
    server.fault = lambda _: refusals.pop(0)

    journal: RequestLog = []
    host.listed("data/", journal)

    assert [row["status"] for row in journal] == [429, 503, 200]
    assert [row["attempt"] for row in journal] == [1, 2, 3]
    assert max(slept) > 6


def test_a_silence_beyond_patience_ends_the_asking(server):
    host = ArchiveHost(attempts=3, patience_s=60, sleep=lambda _: None)
    server.fault = lambda _: (429, {"Retry-After": "3600"})
    with pytest.raises(UpstreamError, match="wants 3600 s of silence"):
        host.listed("data/", [])
    assert len(server.asked) == 1


@pytest.mark.parametrize(("status", "kind"), [(404, AbsentError), (400, BadDataError)])
def test_an_answer_that_will_not_change_is_not_asked_for_again(
    server, host, status, kind
):
    server.fault = lambda _: (status, {})
    journal: RequestLog = []
    with pytest.raises(kind):
        host.listed("data/", journal)
    assert [row["status"] for row in journal] == [status]
    assert journal[0]["error"]


def test_what_a_living_process_works_at_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("BULLION_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    series = series_of("binance", "BTC/USDT", "klines")
    assert series is not None
    where = working_folder.folder(series)
    where.mkdir(parents=True)
    whole = where / "BTCUSDT-1m-2024-01-01.zip"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead = where / f"{whole.name}.{ended.pid}.0a0b0c0d.part"
    odd = where / "half.csv"
    alive = working_folder.unfinished(whole, "part")
    for path in (whole, dead, odd, alive):
        path.write_bytes(b"x")

    assert list(working_folder.left([series])) == [whole]
    assert set(where.iterdir()) == {whole, alive}
    settings.cache_clear()
