"""History on real input: a recorded archive day, and recorded trades, in gold."""

import gzip
import hashlib
import io
import json
import os
import shutil
import zipfile
from decimal import Decimal

import pandas as pd
import pytest

from pipelines.sandbox.running import running
from tests.services.command import bullion, refused

NAME = "BTCUSDT-1m-2023-03-11"
PLACE = f"binance/archive/data/spot/daily/klines/BTCUSDT/1m/{NAME}.zip"
SPAN = ("--since", "2023-03-11", "--until", "2023-03-12")
SERIES = ("--exchange", "binance", "--symbol", "BTC/USDT")
CELLS = (
    *("opened_at_ms", "open", "high", "low", "close", "base_volume", None),
    *("quote_volume", "trades_count", "taker_buy_base", "taker_buy_quote", None),
)
VALUES = [c for c in CELLS if c and c != "opened_at_ms"]
CANDLES = (
    "select *, extract(epoch from opened_at)::bigint * 1000 as opened_at_ms"
    " from fct_candles where timeframe = '1m' order by opened_at"
)


@pytest.fixture
def recordings(recorded, tmp_path):
    """The recorded day as REST answers it, and as the archive's own file."""
    archive = recorded / "archive"
    answer = (archive / "api_v3_klines_BTCUSDT_1m_2023-03-11.json.gz").read_bytes()
    rows = json.loads(gzip.decompress(answer), parse_float=str)
    folder = tmp_path / "recordings"
    zipped = folder / PLACE
    zipped.parent.mkdir(parents=True)
    frame = pd.DataFrame(
        rows, columns=[name or f"_{i}" for i, name in enumerate(CELLS)]
    )
    frame[[c for c in CELLS if c]].to_csv(
        folder / "binance/BTC-USDT_1m.csv.gz", index=False
    )
    shutil.copy(archive / f"{NAME}.zip", zipped)
    shutil.copy(archive / f"{NAME}.zip.CHECKSUM", f"{zipped}.CHECKSUM")
    publish(zipped, "2023-03-12T03:00:00Z")
    return folder


@pytest.fixture
def environment(parsed_and_seeded, tmp_path, recordings):
    """Settings of a warehouse whose venue and archive are the recordings."""
    with running(
        recordings=recordings, now="2023-03-14T00:00:00Z", frozen=True
    ) as sandbox:
        yield {
            "BULLION_BINANCE_URL": sandbox.venue_url("binance"),
            "BULLION_ARCHIVE_URL": sandbox.archive_url,
            "BULLION_DATA_DIR": str(tmp_path / "bullion"),
        }


def publish(zipped, at):
    """Let a file and its checksum have been published at a time."""
    seconds = pd.Timestamp(at).timestamp()
    for path in (zipped, zipped.with_name(f"{zipped.name}.CHECKSUM")):
        os.utime(path, (seconds, seconds))


def ask(query, environment):
    text = bullion("sql", "-c", query, "--csv", environment=environment)
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)


def load_archive(environment, *words):
    return bullion("load", "archive", *SERIES, *SPAN, *words, environment=environment)


def csv_rows(zipped):
    with zipfile.ZipFile(zipped) as archive:
        (member,) = archive.namelist()
        return [line.split(",") for line in archive.read(member).decode().splitlines()]


@pytest.mark.slow(45)
def test_the_day_by_rest_and_by_archive_is_one_sealed_candle_each(
    environment, recordings
):
    bullion("load", "exchange", *SERIES, *SPAN, environment=environment)
    bullion("transform", environment=environment)
    by_rest = ask(CANDLES, environment)
    load_archive(environment)
    bullion("transform", environment=environment)

    sealed = ask(CANDLES, environment)
    assert len(by_rest) == len(sealed) == 1440
    assert set(by_rest["evidence_grade"]) == {"closed"}
    assert set(sealed["evidence_grade"]) == {"sealed"}
    assert set(sealed["source"]) == {"archive"}
    assert sealed[VALUES].equals(by_rest[VALUES])
    for cells, candle in zip(
        csv_rows(recordings / PLACE), sealed.to_dict("records"), strict=True
    ):
        for name, text in zip(CELLS, cells, strict=True):
            if name:
                assert Decimal(candle[name]) == Decimal(text), name

    again = json.loads(load_archive(environment, "--json"))
    assert again == [] or again[0]["rows_count"] == again[0]["requests_count"]
    bullion("transform", environment=environment)
    assert ask(CANDLES, environment).equals(sealed)


@pytest.mark.slow(45)
def test_a_changed_byte_is_refused_and_gold_follows_a_file_that_is_published_again(
    environment, recordings
):
    zipped = recordings / PLACE
    sent = zipped.read_bytes()
    content = bytearray(sent)
    content[len(content) // 2] ^= 1
    zipped.write_bytes(content)
    told = refused("load", "archive", *SERIES, *SPAN, environment=environment)
    assert told.returncode == 65
    assert f"{NAME}.zip" in told.stderr
    assert "sha256" in told.stderr or "checksum" in told.stderr
    bullion("transform", environment=environment)
    assert ask(CANDLES, environment).empty

    zipped.write_bytes(sent)
    publish(zipped, "2023-03-12T04:00:00Z")
    load_archive(environment)
    bullion("transform", environment=environment)
    before = ask(CANDLES, environment)

    rows = csv_rows(zipped)
    old, new = rows[700][4], str(Decimal(rows[700][4]) - Decimal("0.01"))
    rows[700][4] = new
    rows[700][3] = min(rows[700][3], new, key=Decimal)
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{NAME}.csv", "".join(",".join(r) + "\n" for r in rows))
    digest = hashlib.sha256(zipped.read_bytes()).hexdigest()
    zipped.with_name(f"{zipped.name}.CHECKSUM").write_text(f"{digest}  {NAME}.zip\n")
    publish(zipped, "2023-03-13T10:00:00Z")
    load_archive(environment)
    bullion("transform", environment=environment)

    after = ask(CANDLES, environment)
    moved = [i for i in range(1440) if not after.loc[i].equals(before.loc[i])]
    assert {i for i in moved if after.at[i, "close"] != before.at[i, "close"]} == {700}
    assert Decimal(after.at[700, "close"]) == Decimal(new)
    assert set(after["evidence_grade"]) == {"sealed"}
    told = json.loads(
        bullion(
            *("explain", "binance", "BTC/USDT", "1m", "2023-03-11T11:40", "--json"),
            environment=environment,
        )
    )
    told = json.dumps(told)
    assert digest in told, "the version that stands"
    assert old.rstrip("0") in told, "what it displaced"


@pytest.mark.slow(45)
def test_recorded_trades_rebuild_the_given_candles(
    parsed_and_seeded, tmp_path, recorded
):
    folder = recorded / "trades"
    trades = pd.read_csv(
        folder / "binance_XRPETH_aggtrades.csv.gz",
        header=None,
        names=["traded_at_ms", "trade_id", "type", "side", "price", "amount", "cost"],
        dtype=str,
    )
    given = pd.read_csv(
        folder / "binance_XRPETH_1m_from_those_trades.csv.gz", dtype=str
    )
    target = tmp_path / "recordings" / "binance"
    target.mkdir(parents=True)
    kept = ["traded_at_ms", "trade_id", "side", "price", "amount"]
    trades[kept].to_csv(target / "XRP-ETH_trades.csv.gz", index=False)
    days = pd.to_datetime(trades["traded_at_ms"].astype("int64"), unit="ms", utc=True)
    span = (
        *("--exchange", "binance", "--symbol", "XRP/ETH", "--feed", "trades"),
        *("--since", days.min().strftime("%Y-%m-%d")),
    )
    now = days.max() + pd.Timedelta(minutes=5)
    with running(
        recordings=target.parent, now=now.strftime("%Y-%m-%dT%H:%M:%SZ"), frozen=True
    ) as sandbox:
        environment = {
            "BULLION_BINANCE_URL": sandbox.venue_url("binance"),
            "BULLION_DATA_DIR": str(tmp_path / "bullion"),
        }
        bullion("load", "exchange", *span, environment=environment)
        bullion("transform", environment=environment)
        found = ask(CANDLES, environment)
        held = ask("select count(*) as trades from fct_trades", environment)

    assert held.at[0, "trades"] == str(len(trades))
    assert set(found["source"]) == {"trades"}
    assert len(found) == len(given)
    opened = pd.to_datetime(found["opened_at_ms"].astype("int64"), unit="ms", utc=True)
    assert list(opened) == list(pd.to_datetime(given["date"], utc=True))
    for name, column in zip(
        ("open", "high", "low", "close", "base_volume"),
        ("open", "high", "low", "close", "volume"),
        strict=True,
    ):
        # the given file holds floats: 1482.0 of exact sums
        assert [float(text) for text in found[name]] == pytest.approx(
            [float(text) for text in given[column]], rel=1e-12
        )
