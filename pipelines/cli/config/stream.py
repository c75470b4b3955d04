"""`bullion config`: the configuration's changes, followed, replayed and repaired."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.config.app import acting, config_app
from pipelines.errors import BadDataError
from pipelines.terminal.output import Json, say, show

if TYPE_CHECKING:  # dlt takes two seconds to import
    from pipelines.sources.config_changes.replay import Replayed


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
            help="YAML: `table`, `key: [columns]`, `columns: {name: Postgres type}`,"
            " maybe `encoding: {a setting of the connector: its value}`."
        ),
    ],
) -> None:
    """Fold recorded change events, and print the rows that stand as JSON lines.

    The envelope may embed its schema; without one, `encoding` says what text or a count
    stands for, as `time.precision.mode: connect`, and what may be two values is
    refused. Decimals and times are printed as Postgres' own text, other numbers as they
    were sent. A line that does not decode or does not fit the table is counted and
    printed on stderr with its reason; the rest is folded, and the exit code is 65. An
    event without `transaction` has no position in one: it follows the one before it.
    """
    from pipelines.config.declaration import read_declaration
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

    Ctrl-C and SIGTERM end it after the current batch. It begins where bronze ends.
    """
    from pipelines.sources.config_changes.follow import follow_config
    from pipelines.upstream.stopping import stopped_by_signals

    with stopped_by_signals() as stop:
        done = follow_config(stop, say, until_current=until_current)
    counts = {
        "messages_count": done.messages_count,
        "new_changes_count": done.new_count,
        "quarantined_count": done.refused_count,
        "inferred_deletes_count": done.inferred_count,
    }
    show([counts], "followed", json=json)


@config_app.command(
    "resync", epilog="Example: `bullion config resync`: after `doctor` asks for it"
)
def config_resync(
    *,
    wait: Annotated[
        float, typer.Option(help="Seconds to wait for the snapshot of the tables.")
    ] = 180,
    json: Json = False,
) -> None:
    """Bring the stream back when its slot, a topic or messages were lost.

    Topics are made again; a lost slot is dropped, one that keeps its place stays.
    Debezium reads the tables anew; what vanished meanwhile becomes inferred
    deletes, and nothing that bronze holds is touched. It may be interrupted and
    repeated. A Debezium Server of your own needs to run; if it does not come back by
    itself, the message says to start it anew.
    """
    from pipelines.sources.config_changes.resync import resync

    show([resync(say, wait)], "resynced", json=json)


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
    from pipelines.sources.config_changes import dead_letters
    from pipelines.sources.config_changes.tables import streamed_tables

    with acting("dead-letters", "loader") as connection:
        if retry:
            done = dead_letters.retry(connection, streamed_tables(connection))
            say(
                f"{done.reprocessed_count} taken in ({done.new_count} changes that were"
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
    show(rows, "dead letters", json=json)
    if retry and waiting:
        raise typer.Exit(BadDataError.exit_code)


def _summary(done: "Replayed") -> str:
    return (
        f"{len(done.lines)} rows of {done.events_count} events"
        f" ({done.repeated_count} delivered again, {done.tombstones_count} tombstones,"
        f" {done.vanished_count} rows not in the newest snapshot);"
        f" quarantined: {len(done.refusals)}"
    )
