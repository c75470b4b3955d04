"""`bullion sandbox`: the simulated exchanges and chains."""

from typing import Annotated

import typer

from pipelines.errors import SetupError
from pipelines.terminal import report

sandbox_app = typer.Typer(no_args_is_help=True, help="Simulated exchanges and chains.")


@sandbox_app.command(
    "serve",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    add_help_option=False,
)
def sandbox_serve(context: typer.Context) -> None:
    """Serve exchanges, Binance's archive and EVM chains on a local port."""
    from pipelines.sandbox.__main__ import main as sandbox

    raise typer.Exit(sandbox(["serve", *context.args]))


@sandbox_app.command(
    "urls",
    epilog="Example: `export $(bullion sandbox urls)`, and loads ask the sandbox",
)
def sandbox_urls(
    *, json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Print the settings that point loads at the sandbox that `bullion up` started."""
    from pipelines.local import stack

    urls = stack.sandbox_urls()
    if not urls or not any(s.is_ready for s in stack.status() if s.name == "sandbox"):
        raise SetupError("no sandbox runs: bullion up sandbox")
    rows = [{"setting": name, "url": url} for name, url in urls.items()]
    lines = "\n".join(f"{name}={url}" for name, url in urls.items())
    typer.echo(report.as_json(rows) if json else lines)


@sandbox_app.command(
    "clock", epilog="Example: `bullion sandbox clock 2024-03-01T12:00:00Z`"
)
def sandbox_clock(
    now: Annotated[str, typer.Argument(help="ISO UTC, not before its now.")],
    url: Annotated[str | None, typer.Option(help="The sandbox's address.")] = None,
) -> None:
    """Move a running sandbox's clock forward."""
    from pipelines.sandbox.serving import set_clock

    typer.echo(set_clock(now, url))
