"""README and docs/ as they are typed: their fenced blocks, and commands in between."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.main import get_command

from pipelines.cli.main import app
from pipelines.settings import PROJECT_DIR

DOCUMENTS = [PROJECT_DIR / "README.md", *sorted((PROJECT_DIR / "docs").rglob("*.md"))]
FENCED = re.compile(r"^ *```([^\n]*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")
MENTIONED = re.compile(r"\bbullion ([a-z][^)]*)")
COMMANDS = get_command(app)
INSIDE = re.compile(r"\$\((.+?)\)")
PROMPT = "$ "


@dataclass(frozen=True)
class Block:
    """A fenced block; its info string says what it is."""

    path: Path
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(PROJECT_DIR)}:{self.line}"

    def statements(self) -> Iterator[str]:
        """Its lines of shell, without comments; what a `console` prints is none."""
        for line in self.text.splitlines():
            if self.kind == "console" and not line.startswith(PROMPT):
                continue
            statement = re.sub(r"(^| +)#.*", "", line.removeprefix(PROMPT)).strip()
            if statement:
                yield statement.removesuffix(" &")

    def commands(self) -> Iterator[list[str]]:
        """The words behind each `bullion` of its statements, and inside of them."""
        for statement in self.statements():
            for one in (*INSIDE.findall(statement), statement):
                program, *words = shlex.split(one)
                if Path(program).name == "bullion":
                    yield words


def blocks(*kinds: str) -> list[Block]:
    """The blocks of these kinds, or all."""
    found = []
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        for match in FENCED.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(Block(path, line, match[1], match[2]))
    return [block for block in found if not kinds or block.kind in kinds]


def mentions(path: Path) -> list[list[str]]:
    """The words behind each `bullion` that stands in the document's own sentences."""
    text = FENCED.sub("", path.read_text(encoding="utf-8"))
    found = [m[1] for code in CODE.findall(text) for m in [MENTIONED.search(code)] if m]
    return [re.sub(r"[\"'\[\]]", "", words).split() for words in found]


def command_of(words: Sequence[str]) -> tuple[Any, list[str]]:
    """The command that words name, and what is left of them.

    Raises:
        KeyError: there is none of that name.
    """
    command, rest = COMMANDS, list(words)
    while hasattr(command, "commands") and rest and not rest[0].startswith("["):
        command = command.commands[rest.pop(0)]
    return command, rest
