"""What people say in the sandbox: items made of the seed, by the sandbox's clock.

A stream is numbered without end, one item a step; an item's score grows for a day, some
are edited after two hours, and some are gone after three.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from pipelines.sandbox.clock import Clock
from pipelines.sandbox.market import DAY_MS, HOUR_MS, MINUTE_MS

ASSETS = ("Bitcoin", "Bitcoin", "Ethereum", "Ethereum", "Solana")
COMMUNITIES = ("Bitcoin", "CryptoCurrency", "ethereum")
SAYINGS = (
    "{} breaks out & looks bullish, best week of the year",
    "{} crashed again, I am rekt and scared",
    "Is {} still a good buy at these prices?",
    "Great upgrade for {}: fees fell by 20 % — well done",
    "Exchange halts {} withdrawals, users fear a terrible hack",
    "Comprando {} cada semana, sin prisa y sin miedo",
    "{} fees < 5 € today, <b>love</b> it",
    "Weekly {} discussion",
    "{} is a scam and it will go to zero",
    "Guaranteed profits with {}: join our group, t.me/gains",
)
STEP_MS = 10 * MINUTE_MS
_AUTHORS = 40
_EDITED_AFTER_MS, _GONE_AFTER_MS = 2 * HOUR_MS, 3 * HOUR_MS


@dataclass(frozen=True)
class Item:
    """An item as it is now; `gone` is empty, `deleted` or `removed`."""

    number: int
    asset: str
    community: str
    author: str
    title: str
    text: str
    created_ms: int
    edited_ms: int | None
    gone: str
    score: int
    comments: int
    is_reply: bool

    @property
    def created_s(self) -> int:
        """In whole seconds, as most upstreams say it."""
        return self.created_ms // 1000

    def mentions(self, word: str) -> bool:
        """Whether a search for the word finds it."""
        return word.casefold() in f"{self.title} {self.text}".casefold()


class Stream:
    """An upstream's items: one in each step, at a moment of its own."""

    def __init__(self, seed: int, name: str, clock: Clock, step_ms: int) -> None:
        self._key, self._clock, self._step_ms = f"{seed}:{name}", clock, step_ms

    @property
    def now_ms(self) -> int:
        """The sandbox's now."""
        return self._clock.now_ms()

    def newest(
        self, most: int, wanted: Callable[[Item], bool] = lambda _: True
    ) -> Sequence[Item]:
        """Those of the last `most` steps that stand and are wanted, the newest first.

        They begin with a day, so that hours of walks show the same ones.
        """
        last = self.now_ms // self._step_ms
        first = (last - most) * self._step_ms // DAY_MS * DAY_MS // self._step_ms
        made = (self.item(number) for number in range(last, first, -1))
        return [one for one in made if one and not one.gone and wanted(one)]

    def item(self, number: int) -> Item | None:
        """The item of this number; None: there is none yet."""
        # not secret: the same seed has to say the same
        draw = random.Random(f"{self._key}:{number}")  # noqa: S311
        created_ms = number * self._step_ms + draw.randrange(self._step_ms)
        age_ms = self.now_ms - created_ms
        if number <= 0 or age_ms < 0:
            return None
        asset, community = draw.choice(ASSETS), draw.choice(COMMUNITIES)
        title, text = (draw.choice(SAYINGS).format(asset) for _ in range(2))
        ripe = min(age_ms, DAY_MS) / DAY_MS
        is_edited = number % 11 == 0 and age_ms >= _EDITED_AFTER_MS
        gone = {0: "deleted", 1: "removed"}.get(number % 29, "")
        return Item(
            number,
            asset,
            community,
            f"author_{draw.randrange(_AUTHORS)}",
            f"{title} ({number})",
            f"{text} ({number}, edited)" if is_edited else f"{text} ({number})",
            created_ms,
            created_ms + _EDITED_AFTER_MS if is_edited else None,
            gone if age_ms >= _GONE_AFTER_MS else "",
            int(draw.randrange(300) * ripe),
            int(draw.randrange(60) * ripe),
            draw.random() < 1 / 2,
        )


def below(items: Sequence[Item], number: int | None) -> int:
    """How many items stand before the first one below this number, the newest first."""
    if number is None:
        return 0
    return sum(1 for _ in takewhile(lambda one: one.number >= number, items))
