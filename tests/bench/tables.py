"""Tables as Markdown, and their place in a page: between a section's two markers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

Cell = str | int | float | None


@dataclass(frozen=True)
class Table:
    """A title, a heading and rows; numbers stand right."""

    title: str
    heading: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Section:
    """What one part of the bench measured; `facts` are those of the machine."""

    name: str
    command: str
    facts: Sequence[str]
    tables: Sequence[Table] = field(default_factory=tuple)


def shown(cell: Cell) -> str:
    """The cell as text: thousands apart, three significant figures below 100."""
    if cell is None:
        return "none"
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int) or abs(cell) >= 100:
        return f"{cell:,.0f}".replace(",", " ")
    return f"{cell:.2f}" if abs(cell) < 10 else f"{cell:.1f}"


def as_markdown(table: Table) -> str:
    """The table, its columns aligned for a reader of the source too."""
    lines = [list(table.heading), *([shown(c) for c in row] for row in table.rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    is_number = [
        all(not isinstance(row[i], str) for row in table.rows)
        for i in range(len(table.heading))
    ]
    rule = [
        "-" * (width - 1) + (":" if right else "-")
        for width, right in zip(widths, is_number, strict=True)
    ]
    text = [
        "| "
        + " | ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, is_number, strict=True)
        )
        + " |"
        for line in [lines[0], rule, *lines[1:]]
    ]
    notes = [line for note in table.notes for line in ("", note)]
    return "\n".join([f"**{table.title}**", "", *text, *notes])


def as_text(section: Section) -> str:
    """The section: its command, the machine, its tables."""
    parts = [f"`{section.command}`", "\n".join(f"- {fact}" for fact in section.facts)]
    return "\n\n".join([*parts, *map(as_markdown, section.tables)])


def write(page: Path, section: Section) -> None:
    """Replace what stands between the section's markers; all else stays.

    Raises:
        ValueError: the page has no such markers.
    """
    first, last = (f"<!-- {edge} {section.name} -->" for edge in ("begin", "end"))
    text = page.read_text(encoding="utf-8")
    between = re.compile(f"({re.escape(first)}\n).*?({re.escape(last)})", re.DOTALL)
    if not between.search(text):
        raise ValueError(f"{page} has no lines {first} and {last}")
    body = f"\n{as_text(section)}\n\n"
    page.write_text(
        between.sub(lambda found: f"{found[1]}{body}{found[2]}", text),
        encoding="utf-8",
    )
