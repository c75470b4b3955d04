"""`bullion config`: the configuration's changes, followed, replayed and mended."""

import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from pipelines import report
from pipelines.errors import BadDataError

if TYPE_CHECKING:  # dlt, which the warehouse brings, takes two seconds to import
    from pipelines.sources.config_changes.batch import Batch
    from pipelines.sources.config_changes.ledger import Appended
    from pipelines.sources.config_changes.replay import Replayed

config_app = typer.Typer(
    no_args_is_help=True, help="The configuration: what is collected, and how."
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def say(sentence: str) -> None:
    """Tell the person at the terminal, beside the command's own output."""
    Console(stderr=True, highlight=False).print(sentence, markup=False, soft_wrap=True)


@config_app.command(
    "replay",
    epilog="Example: `bullion config replay events.jsonl --table instruments.yaml`",
)
def config_replay(
    file: Annotated[
        Path, typer.Argument(help="Debezium change events, one JSON document a line.")
    ],
    table: Annotated[
        Path,
        typer.Option(
            help="YAML: `table`, `key: [columns]`, `columns: {name: Postgres type}`."
        ),
    ],
) -> None:
    """Fold recorded change events, and print the rows that stand as JSON lines.

    The envelope may embed its schema. Decimals are printed as text, other numbers and
    stamps as they were sent. A line that does not decode or does not fit the table is
    counted and told on stderr with its reason; the rest is folded, and the exit code
    is 65. An event without `transaction` has no position in one.
    """
    from pipelines.sources.config_changes.declaration import read_declaration
    from pipelines.sources.config_changes.replay import replay

    done = replay(file, read_declaration(table))
    for line in done.lines:
        typer.echo(line)
    for refusal in done.refusals:
        say(f"quarantined: line {refusal.line_number}: {refusal.reason}")
    say(_summary(done))
    if done.refusals:
        raise typer.Exit(BadDataError.exit_code)


@config_app.command(
    "follow", epilog="Example: `bullion config follow --until-current --json`"
)
def config_follow(
    *,
    until_current: Annotated[
        bool, typer.Option(help="End when what stands in the topics now is read.")
    ] = False,
    json: Json = False,
) -> None:
    """Take the configuration's changes into bronze as they are committed.

    Ctrl-C and SIGTERM end it after the batch at hand. It begins where bronze ends.
    """
    from pipelines.local.debezium_properties import DEAD_LETTERS_TOPIC, PREFIX
    from pipelines.local.kafka_service import bootstrap
    from pipelines.sources.config_changes.broker import KafkaLog
    from pipelines.sources.config_changes.follow import follow
    from pipelines.sources.config_changes.session import Followed
    from pipelines.sources.config_changes.stopping import stopped_by_signals

    # what goes wrong is told in a sentence; the client's own log repeats it for ever
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    with stopped_by_signals() as stop:
        address = bootstrap()
        done = follow(
            lambda: KafkaLog(address, DEAD_LETTERS_TOPIC),
            PREFIX,
            stop,
            until_current=until_current,
            followed=Followed(say=say, appended=_tell),
        )
    told = {
        "messages_count": done.messages_count,
        "new_changes_count": done.new_count,
        "quarantined_count": done.refused_count,
        "inferred_deletes_count": done.inferred_count,
    }
    _show([told], "followed", json=json)


@config_app.command(
    "dead-letters", epilog="Example: `bullion config dead-letters --retry`"
)
def config_dead_letters(
    *,
    retry: Annotated[
        bool, typer.Option("--retry", help="Take in those that decode by now.")
    ] = False,
    json: Json = False,
) -> None:
    """List the messages that were refused, or try them again once they are mended.

    What is taken in counts from its place in the source, not from now. The exit code
    is 65 while some are still refused after `--retry`.
    """
    from pipelines import warehouse
    from pipelines.sources.config_changes import dead_letters
    from pipelines.sources.config_changes.declaration import declared_tables

    name = warehouse.process_name("config dead-letters")
    with warehouse.connect("loader", name) as connection:
        if retry:
            done = dead_letters.retry(connection, declared_tables(connection))
            say(
                f"{done.mended_count} taken in ({done.new_count} changes that were"
                f" not held), {len(done.refused)} still refused"
            )
            waiting = done.refused
        else:
            waiting = dead_letters.waiting(connection)
    rows = [
        {
            "topic": dead.message.place.topic,
            "partition": dead.message.place.partition,
            "offset": dead.message.offset,
            "reason": dead.reason,
        }
        for dead in waiting
    ]
    _show(rows, "dead letters", json=json)
    if retry and waiting:
        raise typer.Exit(BadDataError.exit_code)


def _tell(batch: "Batch", appended: "Appended") -> None:
    say(
        f"batch load_id={appended.load_id} changes={len(batch.landed)}"
        f" new={appended.new_count} quarantined={len(batch.refused)}"
    )


def _summary(done: "Replayed") -> str:
    return (
        f"{len(done.lines)} rows of {done.events_count} events"
        f" ({done.repeated_count} delivered again, {done.tombstones_count} tombstones,"
        f" {done.vanished_count} rows not in the newest snapshot);"
        f" quarantined: {len(done.refusals)}"
    )


def _show(rows: Sequence[Mapping[str, object]], title: str, *, json: bool) -> None:
    if json:
        typer.echo(report.as_json(map(dict, rows)))
    else:
        width = None if sys.stdout.isatty() else 140
        out = Console(highlight=False, width=width)
        report.show([dict(row) for row in rows], title, out)
