"""What `bullion sandbox serve|clock` and `python -m pipelines.sandbox` run."""

import argparse
import sys

from pipelines.errors import BullionError
from pipelines.sandbox.options import Options, add_options
from pipelines.sandbox.serving import serve, set_clock


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bullion sandbox")
    commands = parser.add_subparsers(dest="command", required=True)
    serve_parser = commands.add_parser(
        "serve",
        help="serve every upstream on a local port",
        usage="bullion sandbox serve [OPTIONS]",
        epilog="Example: bullion sandbox serve --port 8600 --now 2024-03-01T12:00Z",
    )
    add_options(serve_parser)
    clock_parser = commands.add_parser(
        "clock", help="set a running sandbox's clock forward"
    )
    clock_parser.add_argument("now", metavar="ISO")
    clock_parser.add_argument(
        "--url", help="where the sandbox is, if not where it says"
    )
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; its exit code."""
    parsed = vars(_parser().parse_args(arguments))
    command = parsed.pop("command")
    try:
        if command == "serve":
            serve(Options(**parsed))
        else:
            sys.stdout.write(set_clock(parsed["now"], parsed["url"]) + "\n")
    except BullionError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
