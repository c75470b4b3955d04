"""The upstreams of sentiment by name, each at `/<source>`, and what may go wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from pipelines.sandbox.answers import Answer, RefusedError, document
from pipelines.sandbox.clock import Clock
from pipelines.sandbox.fault_kinds import SAYING_KINDS
from pipelines.sandbox.faults import Fault, Faults
from pipelines.sandbox.sentiment import (
    bluesky,
    coingecko,
    fear_greed,
    github,
    hacker_news,
    news,
    reddit,
)
from pipelines.sandbox.sentiment.asking import Ask
from pipelines.sandbox.sentiment.items import STEP_MS, Stream
from pipelines.sandbox.sentiment.spoiling import spoiled

_ANSWERS: Mapping[str, Callable[[Stream, Ask], Answer]] = {
    "fear_greed": fear_greed.answer,
    "news": news.answer,
    "github": github.answer,
    "coingecko": coingecko.answer,
    "hacker_news": hacker_news.answer,
    "bluesky": bluesky.answer,
    "reddit": reddit.answer,
}
SOURCES = tuple(_ANSWERS)
_BY_NUMBER = ("hacker_news", "github")  # their pages are told, not by a cursor


class Sentiment:
    """The upstreams, each with a stream of its own."""

    def __init__(self, seed: int, clock: Clock, faults: Faults) -> None:
        self._clock, self._faults = clock, faults
        self._streams = {name: Stream(seed, name, clock, STEP_MS) for name in SOURCES}

    def answer(self, source: str, ask: Ask) -> tuple[Answer, Sequence[Fault]]:
        """The answer, and the faults that may spoil how it is sent."""
        faults = self._faults.of(source, ask.path, SAYING_KINDS)
        kinds = {fault.kind: fault for fault in faults}
        if "too_many" in kinds:
            return document({"message": "Too Many Requests"}, 429), faults
        if "spent" in kinds:
            return self._spent(kinds["spent"]), ()
        shift = ("item_moved" in kinds) - (
            "item_deleted" in kinds and source in _BY_NUMBER
        )
        try:
            answer = _ANSWERS[source](self._streams[source], replace(ask, shift=shift))
        except RefusedError as refusal:
            answer = refusal.answer
        for fault in faults:
            answer = spoiled(answer, fault)
        return answer, faults

    def _spent(self, fault: Fault) -> Answer:
        reset_s = self._clock.now_ms() // 1000 + fault.retry_after_s
        headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{reset_s}"}
        said = document({"message": "API rate limit exceeded for 127.0.0.1."})
        return Answer(403, said.body, headers=headers)
