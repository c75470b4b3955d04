"""Assets: which rule names them, and what makes an asset of a plain word."""

import pytest

from pipelines.enrichment.assets import RANKS, asset_finder
from pipelines.enrichment.seed_rows import rows_of
from pipelines.enrichment.words import words_of

FAR = "a b c d e f g h i"


def found(text):
    return asset_finder().assets(words_of(text))


FOUND = {
    "$btc and $LINK": {"BTC": "cashtag", "LINK": "cashtag"},
    "Bitcoin's price, in BTC": {"BTC": "name"},
    "sold btc/usdt, #ETH": {"BTC": "ticker", "ETH": "ticker", "USDT": "ticker"},
    "bitcoin cash is no Bitcoin": {"BCH": "name", "BTC": "name"},
    "only bitcoin cash": {"BCH": "name"},
    "near protocol": {"NEAR": "name"},
    "click the link near the gas station for one": {},
    "One LINK near me": {},
    "LINK beats ETH": {"ETH": "ticker", "LINK": "capitals_in_context"},
    "more link and a wallet": {"LINK": "word_in_context"},
    f"link {FAR} crypto": {"LINK": "word_in_context"},
    f"link {FAR} j crypto": {},
    f"crypto {FAR} gas": {"GAS": "word_in_context"},
    f"crypto {FAR} j gas": {},
    "btc, eth, etc. for me": {"BTC": "ticker", "ETH": "ticker"},
    "btc and ETC": {"BTC": "ticker", "ETC": "capitals_in_context"},
    "@bitcoin $100 bitcoiners": {},
    "": {},
}


@pytest.mark.parametrize(("text", "assets"), FOUND.items())
def test_a_text_names_its_assets_each_by_its_surest_rule(text, assets):
    assert found(text) == assets


@pytest.mark.parametrize(
    "row", rows_of("asset_aliases"), ids=lambda row: row["alias"].replace(" ", "_")
)
def test_an_alias_names_its_asset_and_alone_only_where_it_is_no_word(row):
    rules = {row["kind"]} if row["ambiguous"] == "no" else set()
    assert row["ambiguous"] in {"no", "yes", "capitals"}
    assert row["kind"] in RANKS
    assert set(found(row["alias"]).values()) == rules
    in_context = found(f"{row['alias'].upper()} wallet")
    assert in_context.keys() == {row["asset"]}
    assert found(f"${row['asset']}") == {row["asset"]: "cashtag"}
