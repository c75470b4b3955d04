"""Which assets a text names, and by which rule.

`seeds/asset_aliases.csv` has tickers and names; `seeds/crypto_words.csv` has what else
makes an asset of an ambiguous word (one, link, near, gas), within ten words of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from pipelines.enrichment.seed_rows import digest, rows_of
from pipelines.enrichment.words import Words

RULES = "1"  # the version of what this module does; the seeds have their own
SEEDS = ("asset_aliases", "crypto_words")
NEAR = 10  # words

# The surest first: what a text names by several rules, it names by the first of them.
# Ambiguous tickers and names in context are told apart by how they are written: `LINK`
# is seldom a word, `link` mostly is.
Rule = Literal["cashtag", "name", "ticker", "capitals_in_context", "word_in_context"]
RANKS: Mapping[Rule, int] = {
    "cashtag": 0,
    "name": 1,
    "ticker": 2,
    "capitals_in_context": 3,
    "word_in_context": 4,
}


class Alias(NamedTuple):
    """A ticker, a name or a cashtag; `rest` are the words after its first.

    Attributes:
        rule: by which it names the asset; None: it wants context.
        in_capitals: whether it counts only as written in capitals.
    """

    rest: tuple[str, ...]
    asset: str
    rule: Rule | None
    in_capitals: bool = False


class Hit(NamedTuple):
    """A word that names an asset; one that wants context has no rule yet."""

    place: int
    asset: str
    rule: Rule | None
    is_capitals: bool


@dataclass(frozen=True)
class AssetFinder:
    """Aliases by their first word; of two that fit, the longer one counts."""

    aliases: Mapping[str, Sequence[Alias]]
    context: frozenset[str]

    def assets(self, words: Words) -> dict[str, Rule]:
        """The assets, each with the surest rule that it is named by, in order."""
        if self.aliases.keys().isdisjoint(words.lowered):
            return {}
        hits = self._hits(words)
        near = [] if all(hit.rule for hit in hits) else self._context(words, hits)
        found: dict[str, Rule] = {}
        ruled = ((_rule(hit, near), hit.asset) for hit in hits)
        named = [(rule, asset) for rule, asset in ruled if rule]
        for rule, asset in sorted(named, key=lambda one: RANKS[one[0]]):
            found.setdefault(asset, rule)
        return dict(sorted(found.items()))

    def _hits(self, words: Words) -> list[Hit]:
        hits: list[Hit] = []
        places = [at for at, word in enumerate(words.lowered) if word in self.aliases]
        after = 0
        for place in places:
            if place < after:
                continue
            for alias in self.aliases[words.lowered[place]]:
                end = place + 1 + len(alias.rest)
                if tuple(words.lowered[place + 1 : end]) == alias.rest:
                    is_capitals = words.written[place].isupper()
                    if is_capitals or not alias.in_capitals:
                        hits.append(Hit(place, alias.asset, alias.rule, is_capitals))
                    after = end
                    break
        return hits

    def _context(self, words: Words, hits: Sequence[Hit]) -> list[int]:
        """Where the words of crypto stand that are not ambiguous."""
        others = [at for at, word in enumerate(words.lowered) if word in self.context]
        return [*(hit.place for hit in hits if hit.rule), *others]


def _rule(hit: Hit, near: Sequence[int]) -> Rule | None:
    if hit.rule or not any(abs(place - hit.place) <= NEAR for place in near):
        return hit.rule
    return "capitals_in_context" if hit.is_capitals else "word_in_context"


@cache
def asset_finder() -> AssetFinder:
    """The finder of what the seeds have."""
    aliases: dict[str, list[Alias]] = {}
    for row in rows_of("asset_aliases"):
        asset, is_sure = row["asset"], row["ambiguous"] == "no"
        kind: Rule = "ticker" if row["kind"] == "ticker" else "name"
        first, *rest = row["alias"].split()
        alias = Alias(
            tuple(rest),
            asset,
            kind if is_sure else None,
            in_capitals=row["ambiguous"] == "capitals",
        )
        aliases.setdefault(first, []).append(alias)
        for ticker in {asset.lower(), *([first] if kind == "ticker" else [])}:
            aliases[f"${ticker}"] = [Alias((), asset, "cashtag")]
    for known in aliases.values():
        known.sort(key=lambda alias: -len(alias.rest))
    return AssetFinder(
        aliases, frozenset(row["word"] for row in rows_of("crypto_words"))
    )


@cache
def scorer_version() -> str:
    """Of the rules, and of what the seeds say."""
    return f"{RULES} {digest(*SEEDS)}"
