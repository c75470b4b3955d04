"""Spam that a text shows by itself."""

import pytest

from pipelines.enrichment.scored_text import TextScorer
from pipelines.enrichment.spam import is_link_farm

SHILLS = [
    "Sign up with my referral code: ABC and we both earn",
    "DM me for guaranteed profits in crypto",
    "Join our VIP Telegram group for signals",
    "I doubled my bitcoin in two days",
    "Claim your free airdrop before it ends",
    "The presale is live, do not wait",
    "This is the next 100x coin",
    "He helped me recover my lost bitcoin, contact him",
]
HONEST = [
    "Bitcoin fell 4 % after the report",
    "The gem of the collection is a painting by Klimt",
    "I doubt that the airdrop comes this year",
    "Sign of the times: telegram has a blockchain",
    "There is a risk that you lose all of it",
]


@pytest.mark.parametrize("text", SHILLS)
def test_a_tout_is_flagged(text):
    assert TextScorer().score(text).is_shill


@pytest.mark.parametrize("text", HONEST)
def test_what_only_shares_a_word_with_a_tout_is_not(text):
    assert not TextScorer().score(text).is_shill


def test_a_link_farm_is_links_with_hardly_a_word_between():
    links = " ".join(f"https://x{number}.io/a" for number in range(3))
    assert TextScorer().score(f"buy now {links}").is_link_farm
    assert not TextScorer().score(f"buy now {links.rsplit(' ', 1)[0]}").is_link_farm
    assert not TextScorer().score(f"{'word ' * 30} {links}").is_link_farm
    assert is_link_farm(3, 29)
    assert not is_link_farm(3, 30)
