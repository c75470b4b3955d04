"""The reference of the command line, made from its help: `docs/commands.md`.

`.venv/bin/python -m pipelines.cli.reference` writes it anew; a test compares.
"""

import re

from typer import Context
from typer.cli import get_docs_for_click
from typer.main import get_command

from pipelines.cli.main import app
from pipelines.sandbox.options import described
from pipelines.settings import PROJECT_DIR

FILE = PROJECT_DIR / "docs" / "commands.md"


def reference() -> str:
    """Every command with its words, options and examples, as Markdown."""
    group = get_command(app)
    context = Context(group, info_name="bullion")
    text = get_docs_for_click(obj=group, ctx=context, name="bullion")
    text = re.sub(r"^#+ (?=`bullion \w+ [\w-]+`)", "### ", text, flags=re.MULTILINE)
    served = "\n".join(f"* `{option}`: {told}" for option, told in described())
    usage = "```console\n$ bullion sandbox serve [OPTIONS]\n```\n"
    return text.replace(usage, f"{usage}\n**Options**:\n\n{served}\n").rstrip() + "\n"


if __name__ == "__main__":
    FILE.write_text(reference(), encoding="utf-8")
