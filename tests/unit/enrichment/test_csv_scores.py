"""`bullion score`: what comes in, what comes out, and what is refused in a sentence."""

import csv
import hashlib
import io

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app
from pipelines.enrichment.csv_scores import COLUMNS

LONG = "the very same words about bitcoin written by several people today"


@pytest.fixture
def score(tmp_path):
    def run(content):
        path = tmp_path / "texts.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return CliRunner().invoke(app, ["score", str(path)])

    return run


def rows(done):
    assert done.exit_code == 0, done.output
    return list(csv.DictReader(io.StringIO(done.stdout)))


def test_each_text_gives_a_row_in_order(score):
    done = score(
        'id,text\n1,"<p>Got rekt,\nby $BTC &amp; ETH!</p>"\n2,\n3,Ich mag es nicht\n'
    )
    first, second, third = rows(done)
    assert done.stdout.splitlines()[0] == ",".join(COLUMNS)
    assert first["text_hash"] == hashlib.sha256(b"Got rekt, by $BTC & ETH!").hexdigest()
    assert (first["compound_vader"], first["label"]) == ("0.0000", "negative")
    assert float(first["compound_crypto"]) < -0.4
    assert first["assets"] == "BTC:cashtag ETH:ticker"
    assert (second["language"], second["label"]) == ("und", "neutral")
    assert (third["language"], third["label"]) == ("de", "")
    assert third["compound_vader"] == "0.0000"


def test_neighbours_are_told_where_authors_and_times_are(score):
    lines = [
        f"{LONG},{name},2026-03-0{day}T00:00:00Z" for day, name in ((1, "a"), (3, "b"))
    ]
    found = rows(score("\n".join(["text,author,created_at", *lines])))
    assert [row["spam_flags"] for row in found] == ["", "near_duplicate"]
    found = rows(score("\n".join(["text", LONG, LONG])))
    assert [row["spam_flags"] for row in found] == ["", ""]


def test_flags_of_the_text_alone_are_told_without_them(score):
    links = " ".join(f"https://x{number}.io" for number in range(3))
    found = rows(score(f"text\nDM me for the airdrop {links}\n"))
    assert found[0]["spam_flags"] == "link_farm shill"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("id\n1\n", "names no column text"),
        ("", "names no column text"),
        ("text,id\na\n", "line 2 has not as many cells as the first one"),
        ("text\na,b\n", "line 2 has not as many cells as the first one"),
        (b"text\n\xff\n", "is not UTF-8"),
        ('text\n"a\n', "is no CSV"),
        ("text,created_at\na,soon\n", "text 1: soon is no time of ISO 8601"),
    ],
)
def test_what_is_no_file_of_texts_is_refused_in_a_sentence(score, content, reason):
    done = score(content)
    assert done.exit_code == 65
    assert done.stdout == ""
    assert reason in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_missing_file_is_named(tmp_path):
    done = CliRunner().invoke(app, ["score", str(tmp_path / "none.csv")])
    assert done.exit_code == 78
    assert "none.csv can not be read: No such file" in " ".join(done.stderr.split())
