"""Recorded bodies: `DIR/<source>/NNN.json` or `.xml`, in the order of their fetches.

Beside one may lie `NNN.meta.json`, with `url`, `status`, `headers`, `fetched_at`; what
is not told is a 200 without headers, fetched at `now` and NNN seconds.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.config.model import parse_time
from pipelines.errors import BadDataError
from pipelines.sources.sentiment.bodies import Body
from pipelines.upstream.checked_session import LARGEST_BODY
from pipelines.upstream.wire import read_json

NAME = re.compile(r"(\d+)\.(json|xml)")
META = {"url", "status", "headers", "fetched_at"}


def recorded(folder: Path, now: datetime) -> Iterator[Body | BadDataError]:
    """The bodies, or what is wrong with one's `meta.json`; nothing without a folder."""
    found = [
        (int(named[1]), path)
        for path in folder.glob("*")
        if path.is_file() and (named := NAME.fullmatch(path.name))
    ]
    for number, path in sorted(found):
        try:
            yield _body(number, path, now)
        except (ValueError, OverflowError) as error:
            yield BadDataError(
                f"{path.parent.name}/{path.name}: its meta.json: {error}"
            )


def _body(number: int, path: Path, now: datetime) -> Body:
    meta = _meta(path.with_name(f"{path.stem}.meta.json"))
    with path.open("rb") as file:
        content = file.read(LARGEST_BODY + 1)
    told = meta.get("fetched_at")
    at = parse_time(str(told)) if told else now + timedelta(seconds=number)
    return Body(
        content,
        received_at=at,
        origin=f"{path.parent.name}/{path.name}",
        status=int(meta.get("status") or 200),
        headers={str(k): str(v) for k, v in (meta.get("headers") or {}).items()},
        url=str(meta["url"]) if meta.get("url") else None,
    )


def _meta(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    meta = read_json(path.read_text("utf-8"))
    is_meta = isinstance(meta, dict) and isinstance(meta.get("headers") or {}, dict)
    if is_meta:
        return dict(meta)
    raise ValueError(f"not a mapping of {', '.join(sorted(META))}")
