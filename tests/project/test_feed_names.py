"""A feed is named where it is declared, and nowhere else in the code."""

import ast

from pipelines.settings import PROJECT_DIR
from pipelines.sources import feeds
from pipelines.sources.archive.file_types import FEEDS as ARCHIVED
from pipelines.sources.exchange.feeds import ELSEWHERE

# where a name is the declaration, or another thing's: the sandbox speaks the venues'
# own formats, `trades` of an explanation is where a candle comes from, `blocks` of a
# verification are counted
DECLARED = (
    "pipelines/sandbox/",
    "pipelines/sources/archive/file_types.py",
    "pipelines/sources/archive/layouts.py",
    "pipelines/sources/archive/tables.py",
    "pipelines/sources/evm_node/feeds.py",
    "pipelines/sources/evm_node/tables.py",
    "pipelines/sources/exchange/feeds.py",
    "pipelines/sources/exchange/tables.py",
    "pipelines/sources/exchange/deribit.py",  # what the venue calls a column, and
    "pipelines/sources/exchange/kraken_futures.py",  # a column of a ticker is called
    "pipelines/sources/sentiment/coingecko.py",  # a parameter, so
    "pipelines/upstream/market_rows.py",  # so, too
    "pipelines/cli/verify.py",
    "pipelines/explain/",
    "prefect_flows/verify_chain.py",
)
# what is loaded where nobody names a feed
DEFAULTS = {
    ("pipelines/config/model.py", "candles"),
    ("pipelines/sources/archive/choices.py", "klines"),
    ("prefect_flows/reconcile.py", "klines"),
}


def named():
    """Each file, and the feeds that a text of it is the name of."""
    names = {*feeds(), *ARCHIVED}
    for room in ("pipelines", "prefect_flows"):
        for path in sorted((PROJECT_DIR / room).rglob("*.py")):
            place = path.relative_to(PROJECT_DIR).as_posix()
            if place.startswith(DECLARED):
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and node.value in names:
                    yield place, node.value


def test_no_code_beside_the_declarations_names_a_feed():
    assert set(named()) == DEFAULTS


def test_the_archives_types_are_of_declared_feeds_or_of_what_the_archive_alone_has():
    of_feeds = {name for feed in feeds().values() for name in feed.archived}
    assert of_feeds | {*ELSEWHERE} == {*ARCHIVED}
    assert of_feeds.isdisjoint(ELSEWHERE)
