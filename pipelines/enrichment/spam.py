"""What of a text alone looks like spam; `neighbours.py` has what others say of it."""

import re
from collections.abc import Sequence

SHILL_VERSION = "1"
# Few words for so many links; the form itself has no links left, so this is of an item
LINKS = 3
WORDS_A_LINK = 10

# A pattern is looked for only where one of its words stands: 30 ns instead of 20 µs
SHILL_WORDS = frozenset(
    (
        *("airdrop", "dm", "double", "doubled", "gem", "giveaway", "guaranteed"),
        *("inbox", "invite", "presale", "promo", "recover", "recovered", "ref"),
        *("referral", "risk", "sign", "signup", "telegram", "whatsapp", "100x"),
        "1000x",
    )
)
GOODS = r"(?:btc|bitcoins?|eth|crypto|coins?|money|investment)"
GAINS = r"(?:profits?|returns?|income|roi|gains?)"
CODE = r"(?:ref|referral|invite|promo)"
SHILL = re.compile(
    "|".join(
        (
            rf"\b(?:use|with|through|via) (?:my|our|this|the) (?:\w+ )?{CODE}\b",
            rf"\b{CODE} (?:code|link) ?(?:[:=]|is\b|below\b|in (?:my )?bio)",
            r"\bsign ?up (?:here )?(?:now|today|with|and (?:get|earn|receive))\b",
            r"\b(?:dm|inbox) (?:me|us|him|her|them)\b",
            r"\bjoin (?:my|our|the|this) (?:\w+ ){0,3}(?:telegram|whatsapp)\b",
            r"\b(?:telegram|whatsapp) ?(?:group|channel|number|me|us|:|@|\+)",
            rf"\bguaranteed (?:\w+ )?{GAINS}\b",
            rf"\b(?:risk[ -]?free|no[ -]risk) {GAINS}\b",
            rf"\bdoubled? (?:your|my|their) (?:\w+ )?{GOODS}\b",
            r"\b(?:claim|free)\b.{0,30}\b(?:airdrop|giveaway)\b",
            r"\b(?:airdrop|giveaway|presale)\b.{0,40}\b(?:claim|(?:is )?live|hurry)\b",
            r"\b(?:next|hidden|new) (?:\w+ )?(?:1000?x|gem)\b",
            r"\brecover(?:ed)?\b.{0,30}\b(?:lost|stolen)\b.{0,60}\b(?:contact|expert)\b",
        )
    ),
    re.IGNORECASE,
)


def is_shill(text: str, lowered: Sequence[str]) -> bool:
    """Whether a text form has one of the patterns that touts write."""
    return not SHILL_WORDS.isdisjoint(lowered) and SHILL.search(text) is not None


def is_link_farm(links_count: int, words_count: int) -> bool:
    """Whether it is links with hardly a word between them."""
    return links_count >= LINKS and words_count < links_count * WORDS_A_LINK
