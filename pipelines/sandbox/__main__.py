"""What `bullion sandbox serve|clock` and `python -m pipelines.sandbox` run."""

import argparse
import sys
from pathlib import Path

from pipelines.errors import BullionError
from pipelines.sandbox.archive.listing import MOST_KEYS
from pipelines.sandbox.faults import KINDS
from pipelines.sandbox.serving import Options, serve, set_clock


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bullion sandbox")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser(
        "serve",
        help="serve every venue on one local port",
        epilog="Example: bullion sandbox serve --port 8600 --now 2024-03-01T12:00Z",
    )
    one.add_argument("--port", type=int, default=0, help="0: a free one")
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--recordings", type=Path, metavar="DIR")
    one.add_argument("--now", metavar="ISO", help="where the clock starts")
    one.add_argument("--frozen", action="store_true", help="the clock stands still")
    one.add_argument("--full-history", action="store_true")
    one.add_argument("--no-rate-limit", action="store_false", dest="rate_limit")
    one.add_argument("--no-state-file", action="store_false", dest="keep_state")
    one.add_argument(
        "--fault",
        action="append",
        default=[],
        dest="faults",
        metavar="KIND=PROBABILITY[@PATH]",
        help="; ".join(f"{kind}: {what}" for kind, what in KINDS.items()),
    )
    one.add_argument(
        "--archive-microseconds-from",
        metavar="ISO",
        help="spot files of the archive stamp in microseconds from here on",
    )
    one.add_argument(
        "--archive-headers-from",
        metavar="ISO",
        help="futures files of the archive have a header from here on",
    )
    one.add_argument(
        "--archive-page-keys",
        type=int,
        default=MOST_KEYS,
        metavar="N",
        help="the most keys that a page of the archive's listing holds",
    )
    two = commands.add_parser("clock", help="set a running sandbox's clock forward")
    two.add_argument("now", metavar="ISO")
    two.add_argument("--url", help="where the sandbox is, if not where it says")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; its exit code."""
    told = vars(_parser().parse_args(arguments))
    command = told.pop("command")
    try:
        if command == "serve":
            serve(Options(**told))
        else:
            sys.stdout.write(set_clock(told["now"], told["url"]) + "\n")
    except BullionError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
