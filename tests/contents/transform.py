"""dbt in this process, its manifest parsed once for all of a test session's runs."""

import json
from collections.abc import Sequence
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any, cast

from dbt.cli.main import dbtRunner
from dbt_common.events.base_types import EventMsg

from pipelines.settings import PROJECT_DIR, settings
from tests.contents import quick_dbt  # noqa: F401 takes hold where it is imported
from tests.contents.increments import Increments
from tests.soak import IS_SOAK

# of a run's Python a tenth was lines of logs that nobody reads
UNREAD = ("--log-level", "none", "--log-level-file", "none")
PROJECT = PROJECT_DIR / "dbt"
# What no candle, trade or listing reaches, a test about these need not build; but for
# views on the first of these, some of which stand on candles as well.
VIEWED = (
    *("stg_evm__*", "stg_exchange__funding*", "stg_archive__funding_rates"),
    *("stg_fear_greed__*", "stg_github__*", "stg_news__*", "stg_reddit__*"),
    *("stg_bluesky__*", "stg_hacker_news__*"),
    *("stg_exchange__order_books", "stg_exchange__snapshot_pages"),
)
OTHERS = (
    *(
        name
        for one in VIEWED
        for name in (one, f"{one}+,config.materialized:incremental")
    ),
    *("stg_exchange__tickers+", "stg_archive__metrics+"),
    *("stg_exchange__open_interest*+", "stg_exchange__top_trader*+"),
    *("stg_exchange__global_accounts+", "stg_exchange__taker_volumes+"),
    *("stg_exchange__option_quotes+", "stg_exchange__mark_prices+"),
    *("stg_exchange__requests+", "stg_exchange__*_ohlc+", "stg_archive__*x_klines+"),
    *("stg_archive__*_price_klines+", "stg_archive__liquidations+"),
    *("stg_archive__book_*+", "stg_archive__option_summaries+"),
    "stg_archive__volatility_index+",
)
WITHOUT_OTHERS = ("--exclude", " ".join(OTHERS))
QUIET = ("--quiet", "--no-write-json", *UNREAD)


@cache
def increments(database: str) -> Increments:
    """What this process has heard dbt send to a database of this name."""
    return Increments(manifest(database))


@cache
def selected(database: str, selection: Sequence[str]) -> Sequence[str]:
    """The models that a selection means, by their unique ids."""
    listed = ("ls", "--resource-type", "model", "--output", "json")
    words = [*QUIET, *listed, "--output-keys", "unique_id", *selection, *places()]
    outcome = dbtRunner(manifest(database)).invoke(words)
    lines = cast("list[str]", outcome.result)
    return [json.loads(line)["unique_id"] for line in lines]


class TransformError(Exception):
    """dbt ended with errors; their texts."""


def places(project: Path = PROJECT) -> list[str]:
    """Where the project lies, and where dbt may write: no two tests in one folder."""
    target = settings().data_dir / "dbt_target"
    folders = {"project-dir": project, "profiles-dir": project, "target-path": target}
    return [word for name, at in folders.items() for word in (f"--{name}", str(at))]


@cache
def manifest(database: str, project: Path = PROJECT) -> Any:
    """The project, with the name of the database in every relation."""
    parsed = dbtRunner().invoke([*QUIET, "parse", *places(project)])
    if parsed.exception or not parsed.success:
        raise TransformError(str(parsed.exception))
    return parsed.result


def with_views(arguments: Sequence[str]) -> Sequence[str]:
    """A full refresh of named models, with the views that would go with them."""
    if not {"--full-refresh", "--select"} <= {*arguments}:
        return arguments
    at = arguments.index("--select") + 1
    names = takewhile(lambda word: not word.startswith("--"), arguments[at:])
    views = [f"{one}+,config.materialized:view" for one in names if one.isidentifier()]
    return (*arguments[:at], *views, *arguments[at:])


class Transform:
    """Runs dbt commands of a project on the warehouse that `PG*` names.

    `of_candles`: runs leave out what they do not reach, which is half of the models.
    """

    def __init__(self, project: Path = PROJECT, *, of_candles: bool = False) -> None:
        self._places = places(project)
        self._left_out = WITHOUT_OTHERS if of_candles else ()
        self._runner = dbtRunner(manifest=manifest(settings().pgdatabase, project))

    def run(self, *arguments: str) -> Sequence[Any]:
        """The results of `dbt ARGUMENTS`.

        Raises:
            TransformError: a node failed.
        """
        return self._invoke(self._runner, arguments)

    def rerun(self, *arguments: str) -> None:
        """As `run`, for tables that stand: what dbt sent for them once is sent again.

        In a soak, and for what is no plain increment, dbt runs each time.

        Raises:
            TransformError: a node failed.
            psycopg.Error: a statement failed.
        """
        if IS_SOAK or {"--full-refresh", "--vars"} & {*arguments}:
            self.run(*arguments)
            return
        known = increments(settings().pgdatabase)
        selection = (*arguments[1:], *self._left_out)
        models = selected(settings().pgdatabase, selection)
        if known.knows(models):
            known.send(models)
            return
        events: list[EventMsg] = []

        def heard(event: EventMsg) -> None:
            if event.info.name == "SQLQuery":
                events.append(event)

        runner = dbtRunner(manifest(settings().pgdatabase), callbacks=[heard])
        self._invoke(runner, arguments)
        known.hear(events)

    def _invoke(self, runner: dbtRunner, arguments: Sequence[str]) -> Sequence[Any]:
        left_out = self._left_out if arguments[0] == "run" else ()
        words = [*QUIET, *with_views(arguments), *left_out, *self._places]
        outcome = runner.invoke(words)
        results = list(getattr(outcome.result, "results", None) or [])
        failed = [
            f"{r.node.name}: {r.message}"
            for r in results
            if r.status not in ("success", "pass", "no-op")
        ]
        if outcome.exception or failed or not outcome.success:
            raise TransformError(f"{outcome.exception or ''} {failed}")
        return results


def build() -> Transform:
    """Silver and gold, built for the first time."""
    transform = Transform()
    transform.run("seed")
    transform.run("run")
    return transform
