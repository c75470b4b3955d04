"""What comes from elsewhere, spoilt at random: the same by the same seed."""

import copy
import json
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

TOKENS = (
    *(
        "null",
        "true",
        "-0",
        "1e400",
        "1e-19",
        "-1",
        "NaN",
        "Infinity",
        "1e-99999999999",
    ),
    *('""', '"x"', '" 1"', '"1_000"', '"\\u0000"', '"\\ud800"', '"\\ud83d\\ude00"'),
    *("[]", "{}", '{"a":1,"a":2}', "[" * 40 + "]" * 40, '[[["1"]]]', "[1,2]"),
    *(
        str(10**19),
        str(-(10**18)),
        "9" * 500,
        json.dumps("9" * 500),
        '"\uff11"',
        '"1,5"',
    ),
    *(
        "253402300800000",
        "1700000000000000",
        "0",
        '"0.0"',
        '"1e3"',
        '"2024-13-01T00:00:00Z"',
    ),
)
BYTES = (
    b"\0",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b'"',
    b",",
    b"\n",
    b"\r",
    b"[",
    b"]",
    b"\\u",
)
CELLS = (
    *(
        "",
        "0",
        "-1",
        "1e5",
        "1e400",
        "nan",
        "\0",
        "\ud800",
        '"1"',
        "1\r",
        "true",
        "TRUE",
    ),
    *(
        "9" * 30,
        "9" * 500,
        "1.5.5",
        "\uff11",
        "1735689600000",
        "1735689600000000",
        "-1735689600000",
    ),
)
XML = (
    *(
        b"<Contents>",
        b"</Contents>",
        b"<Key>",
        b"&amp;",
        b"&#0;",
        b"&#xD800;",
        b"<!DOCTYPE a>",
    ),
    *(
        b"<Size>-1</Size>",
        b"<Size>1" + b"0" * 30 + b"</Size>",
        b"<a>" * 40,
        b"<![CDATA[x]]>",
    ),
)
Random = random.Random


def _cut(rng: Random, size: int) -> tuple[int, int]:
    start = rng.randrange(size + 1)
    return start, min(size, start + rng.randint(0, 12))


def spoilt_bytes(content: bytes, rng: Random, more: Sequence[bytes] = BYTES) -> bytes:
    """The bytes with a part flipped, lost, doubled, replaced or cut off."""
    start, end = _cut(rng, len(content))
    how = rng.randrange(5)
    if how == 0 and content:
        at = rng.randrange(len(content))
        return content[:at] + bytes([rng.randrange(256)]) + content[at + 1 :]
    if how == 1:
        return content[:start]
    inserted = {2: b"", 3: content[start:end] * 2}.get(how, rng.choice(more))
    return content[:start] + inserted + content[end:]


def spoilt_tokens(text: str, rng: Random, tokens: Sequence[str] = TOKENS) -> str:
    """The JSON with one of its scalars another."""
    places = [i for i, c in enumerate(text) if c in "[,:"]
    at = rng.choice(places) + 1
    end = next((i for i in range(at, len(text)) if text[i] in ",]}"), len(text))
    return text[:at] + rng.choice(tokens) + text[end:]


def spoilt_tree(root: Any, rng: Random, values: Sequence[Any]) -> Any:
    """A copy of the decoded JSON, in which one thing is another, lost or moved."""
    root = copy.deepcopy(root)
    places = [(c, key) for c in _containers(root) for key in _keys(c)]
    container, key = rng.choice(places)
    value, how = container[key], rng.randrange(5)
    if how == 0:
        del container[key]
    elif how == 1 and isinstance(container, list):
        container.insert(rng.randrange(len(container) + 1), value)
    elif how == 2 and isinstance(container, list):
        rng.shuffle(container)
    elif how < 4 and isinstance(value, str) and value:
        at = rng.randrange(len(value))
        container[key] = value[:at] + rng.choice("0123456789abcdef") + value[at + 1 :]
    else:
        container[key] = rng.choice(values)
    return root


def _containers(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for key in _keys(value):
            yield from _containers(value[key])


def _keys(container: Any) -> list[Any]:
    return list(container if isinstance(container, dict) else range(len(container)))


def spoilt_lines(text: str, rng: Random) -> str:
    """The CSV with one of its cells another, or its lines shuffled, lost or doubled."""
    lines = text.splitlines()
    how = rng.randrange(6)
    at = rng.randrange(len(lines))
    if how == 0:
        rng.shuffle(lines)
    elif how == 1:
        del lines[at]
    elif how == 2:
        lines.insert(at, rng.choice(lines))
    else:
        cells = lines[at].split(",")
        cells[rng.randrange(len(cells))] = rng.choice(CELLS)
        lines[at] = ",".join(cells)
    return "\n".join(lines) + "\n"


def spoilt(content: bytes, rng: Random, *, how: Callable[[str, Random], str]) -> bytes:
    """One or two faults, most of them of what is written."""
    for _ in range(rng.randint(1, 2)):
        if rng.random() < 0.8:
            text = content.decode("utf-8", "replace")
            if any(c in text for c in "[,:\n") and text:
                content = how(text, rng).encode("utf-8", "surrogatepass")
        else:
            content = spoilt_bytes(content, rng)
    return content
