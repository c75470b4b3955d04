"""What a bootstrap writes of the venues' manners is what they are declared to do."""

from pipelines.sources.exchange import manners


def test_each_market_with_candles_says_how_it_answers_once():
    declared = list(manners.declared())
    markets = {(d.exchange_id, d.market): d[2:] for d in declared}
    assert len(markets) == len(declared)
    assert markets["kraken", "spot"] == (True, 720)
    assert markets["binance", "linear"] == (True, None)
    assert markets["coinbase", "spot"] == (False, None)
