"""Recorded sessions: the bodies that a venue answered by REST, in order."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa


def events(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """Every event of the session."""
    path = folder / "sessions" / f"{name}.jsonl.zst"
    with pa.input_stream(str(path), compression="zstd") as stream:
        for line in stream.read().splitlines():
            yield json.loads(line)


def bodies(folder: Path, name: str, path: str) -> list[str]:
    """What was answered by REST at this path."""
    return [
        event["data"]
        for event in events(folder, name)
        if event["t"] == "http" and path in event["url"]
    ]
