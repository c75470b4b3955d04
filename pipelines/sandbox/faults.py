"""Faults on demand: which requests go wrong, how, and always the same by seed."""

import random
import re
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from threading import Lock
from typing import Any

from pipelines.errors import SetupError
from pipelines.sandbox.answers import Answer
from pipelines.sandbox.fault_kinds import (
    FILE_KINDS,
    KINDS,
    MARKET_KINDS,
    VARIANTS,
    VENUE_KINDS,
)

CHECKSUM = ".CHECKSUM"
_STAMP = re.compile(rb"\d{9,}")


@dataclass(frozen=True)
class Fault:
    """What goes wrong with requests whose path holds `path` (all, where empty).

    `probability` is of a request, for `missing` of a row, or of a file of the archive
    (the same files whenever they are asked for); `next_requests` makes that many
    requests go wrong, whatever the probability, and then ends the fault. `at_ms` is
    when it was turned on, by the sandbox's clock. Of a chain's endpoint `exchange_id`
    is `evm/<chain>/<endpoint>` or its beginning, the path
    `/<chain>/<endpoint>/<block number>/<method>`, and `probability` of what changes a
    block is of blocks (the same ones whenever they are asked for). What changes a
    market does so from `since_ms` until `until_ms` (0: without end), and `path` is
    searched for in the symbol.
    """

    kind: str
    probability: float = 0.0
    next_requests: int = 0
    exchange_id: str = ""
    path: str = ""
    status: int = 503
    retry_after_s: int = 1
    seconds: float = 30.0
    variant: str = ""
    most: int = 0
    blocks: int = 1
    at_ms: int = 0
    since_ms: int = 0
    until_ms: int = 0
    factor: float = 0.9

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise SetupError(
                f"no fault is called {self.kind!r}; there are {', '.join(KINDS)}"
            )
        if not 0 <= self.probability <= 1:
            raise SetupError(
                f"a probability lies between 0 and 1, not at {self.probability}"
            )
        if self.variant not in {"", *VARIANTS.get(self.kind, ())}:
            raise SetupError(f"{self.kind} has no variant {self.variant!r}")

    def hits(self, exchange_id: str, path: str) -> bool:
        """Whether the request is of those that this fault is about."""
        is_of = f"{exchange_id}/".startswith(f"{self.exchange_id}/")
        return (is_of or not self.exchange_id) and self.path in path

    def covers(self, at_ms: int) -> bool:
        """Whether an instant is in the span of a market's fault."""
        return self.since_ms <= at_ms and (not self.until_ms or at_ms < self.until_ms)

    @property
    def form(self) -> str:
        """Its variant, or the one that stands for none."""
        return self.variant or VARIANTS.get(self.kind, ("",))[0]


def parse_fault(text: str) -> Fault:
    """`kind[:variant]=probability[@path]`, as the flag writes it.

    Raises:
        SetupError: the text has another form, or names no fault.
    """
    form = re.fullmatch(r"(\w+)(?::(\w+))?=([0-9.]+)(?:@(\S+))?", text)
    if form is None:
        raise SetupError(f"expected a fault such as server_error=0.05, got {text!r}")
    kind, variant, probability, path = form.groups()
    try:
        return Fault(
            kind,
            probability=float(probability),
            path=path or "",
            variant=variant or "",
        )
    except ValueError:
        raise SetupError(f"{probability!r} in {text!r} is no probability") from None


class Faults:
    """The faults that are on."""

    def __init__(self, seed: int, faults: tuple[Fault, ...] = ()) -> None:
        self._seed = seed
        self._faults = list(faults)
        self._requests = 0
        self.market_version = 0
        # files of the archive are made in threads
        self._lock = Lock()

    def add(self, body: Mapping[str, Any]) -> None:
        """Turns one more fault on.

        Raises:
            SetupError: a field is unknown or wrong.
        """
        try:
            with self._lock:
                self._faults.append(Fault(**body))
                self.market_version += 1
        except TypeError as error:
            raise SetupError(f"not a fault: {error}") from None

    def clear(self) -> None:
        """Turns every fault off."""
        with self._lock:
            self._faults.clear()
            self.market_version += 1

    def listed(self) -> list[dict[str, Any]]:
        """The faults that are on, as the control endpoint tells them."""
        return [asdict(fault) for fault in self._faults]

    def of(
        self,
        exchange_id: str,
        path: str,
        kinds: Collection[str] = VENUE_KINDS,
        *,
        key: str = "",
        is_due: Callable[[Fault], bool] = lambda _: True,
    ) -> list[Fault]:
        """What goes wrong with the next request; each call counts as one.

        Under a `key` a probability strikes the same keys whenever they are asked for.
        """
        hit = []
        with self._lock:
            self._requests += 1
            for place, fault in enumerate(list(self._faults)):
                is_meant = fault.kind in kinds and fault.hits(exchange_id, path)
                if not is_meant or not is_due(fault):
                    continue
                share = self._share(fault, key) if key else self._draw(place)
                if fault.next_requests:
                    hit.append(fault)
                    self._use_up(place)
                elif fault.kind == "missing" or share < fault.probability:
                    hit.append(fault)
            self._faults = [
                f
                for f in self._faults
                if f.next_requests or f.probability or f.kind in MARKET_KINDS
            ]
        return hit

    def of_market(self, exchange_id: str, symbol: str) -> list[Fault]:
        """What is wrong with an instrument's market, by its span."""
        return [
            fault
            for fault in self._faults
            if fault.kind in MARKET_KINDS and fault.hits(exchange_id, symbol)
        ]

    def of_file(self, exchange_id: str, path: str, requested: str = "") -> list[Fault]:
        """What is wrong with a file; `requested` is the path of one of its two parts.

        A request for the part that a fault spoils counts for its `next_requests`.
        """
        hit = []
        with self._lock:
            for place, fault in enumerate(self._faults):
                if fault.kind not in FILE_KINDS or not fault.hits(exchange_id, path):
                    continue
                if fault.next_requests:
                    hit.append(fault)
                    is_of_digest = fault.variant == "checksum"
                    if requested and requested.endswith(CHECKSUM) == is_of_digest:
                        self._use_up(place)
                elif self._share(fault, path) < fault.probability:
                    hit.append(fault)
        return hit

    def _share(self, fault: Fault, key: str) -> float:
        return zlib.crc32(f"{self._seed}:{fault.kind}:{key}".encode()) / (1 << 32)

    def _draw(self, place: int) -> float:
        # Not secret: the same seed has to give the same faults.
        draw = random.Random(f"{self._seed}:{place}:{self._requests}")  # noqa: S311
        return draw.random()

    def _use_up(self, place: int) -> None:
        fault = self._faults[place]
        self._faults[place] = replace(fault, next_requests=fault.next_requests - 1)

    def spoiled(self, answer: Answer, fault: Fault) -> Answer:
        """A page with its rows doubled, shuffled or left out."""
        rows = answer.split_rows()
        draw = random.Random(f"{self._seed}:{self._requests}")  # noqa: S311
        if fault.kind == "duplicate":
            rows = [row for row in rows for _ in range(1 + (draw.random() < 1 / 4))]
            rows += rows[-1:]
        elif fault.kind == "out_of_order":
            draw.shuffle(rows)
        else:
            rows = [row for row in rows if not self._is_missing(row, fault)]
        return replace(answer, rows=b",".join(rows))

    def _is_missing(self, row: bytes, fault: Fault) -> bool:
        stamp = _STAMP.search(row)
        share = fault.probability or 1 / 10
        key = b"%d:%b" % (self._seed, stamp.group() if stamp else row)
        return zlib.crc32(key) / (1 << 32) < share
