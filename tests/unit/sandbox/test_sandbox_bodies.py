"""Every body has the fields of the venue's published documentation."""

import json
from typing import Any

import pytest

from pipelines.sandbox.clock import Clock, parse_instant
from pipelines.sandbox.faults import Faults
from pipelines.sandbox.generated import generated_feed
from pipelines.sandbox.listings import generated_pairs
from pipelines.sandbox.upstreams import upstreams

FEED = generated_feed(1, generated_pairs())
NOW = parse_instant("2024-03-05T10:00:30Z")

_BINANCE = "https://developers.binance.com/docs/binance-spot-api-docs/rest-api/"
_MARKET = _BINANCE + "market-data-endpoints"
_KRAKEN = "https://docs.kraken.com/api-reference/market-data/"
_COINBASE = (
    "https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/"
)

# exchange_id, path, where in the body, the documented fields, the documentation
DOCUMENTED = [
    (
        "binance",
        "/api/v3/exchangeInfo",
        ("symbols", 0),
        (
            "symbol status baseAsset baseAssetPrecision quoteAsset quotePrecision "
            "quoteAssetPrecision baseCommissionPrecision quoteCommissionPrecision "
            "orderTypes icebergAllowed ocoAllowed otoAllowed "
            "quoteOrderQtyMarketAllowed allowTrailingStop cancelReplaceAllowed "
            "amendAllowed isSpotTradingAllowed isMarginTradingAllowed filters "
            "permissions permissionSets "
            "defaultSelfTradePreventionMode allowedSelfTradePreventionModes"
        ),
        _BINANCE + "general-endpoints#exchange-information",
    ),
    (
        "binance",
        "/api/v3/trades?symbol=BTCUSDT",
        (0,),
        "id price qty quoteQty time isBuyerMaker isBestMatch",
        _MARKET + "#recent-trades-list",
    ),
    (
        "binance",
        "/api/v3/aggTrades?symbol=BTCUSDT",
        (0,),
        "a p q f l T m M",
        _MARKET + "#compressedaggregate-trades-list",
    ),
    (
        "binance",
        "/api/v3/depth?symbol=BTCUSDT",
        (),
        "lastUpdateId bids asks",
        _MARKET + "#order-book",
    ),
    (
        "binance",
        "/api/v3/ticker/24hr?symbol=BTCUSDT",
        (),
        (
            "symbol priceChange priceChangePercent weightedAvgPrice prevClosePrice "
            "lastPrice lastQty bidPrice bidQty askPrice askQty openPrice highPrice "
            "lowPrice volume quoteVolume openTime closeTime firstId lastId count"
        ),
        _MARKET + "#24hr-ticker-price-change-statistics",
    ),
    (
        "binance",
        "/api/v3/ticker/price?symbol=BTCUSDT",
        (),
        "symbol price",
        _MARKET + "#symbol-price-ticker",
    ),
    (
        "binance",
        "/api/v3/ticker/bookTicker",
        (0,),
        "symbol bidPrice bidQty askPrice askQty",
        _MARKET + "#symbol-order-book-ticker",
    ),
    (
        "kraken",
        "/0/public/AssetPairs",
        ("result", "XXBTZUSD"),
        (
            "altname wsname aclass_base base aclass_quote quote lot cost_decimals "
            "pair_decimals lot_decimals lot_multiplier leverage_buy leverage_sell fees "
            "fees_maker fee_volume_currency margin_call margin_stop ordermin costmin "
            "tick_size status long_position_limit short_position_limit"
        ),
        _KRAKEN + "get-tradable-asset-pairs",
    ),
    (
        "kraken",
        "/0/public/Assets?asset=XBT,USD",
        ("result", "ZUSD"),
        "aclass altname decimals display_decimals collateral_value status margin_rate",
        _KRAKEN + "get-asset-info",
    ),
    (
        "kraken",
        "/0/public/Ticker?pair=XBTUSD",
        ("result", "XXBTZUSD"),
        "a b c v p t l h o",
        _KRAKEN + "get-ticker-information",
    ),
    (
        "kraken",
        "/0/public/Depth?pair=XBTUSD",
        ("result", "XXBTZUSD"),
        "asks bids",
        _KRAKEN + "get-order-book",
    ),
    (
        "kraken",
        "/0/public/Time",
        ("result",),
        "unixtime rfc1123",
        _KRAKEN + "get-server-time",
    ),
    (
        "kraken",
        "/0/public/SystemStatus",
        ("result",),
        "status timestamp",
        _KRAKEN + "get-system-status",
    ),
    (
        "coinbase",
        "/products/BTC-USD",
        (),
        (
            "id base_currency quote_currency quote_increment base_increment "
            "display_name min_market_funds margin_enabled post_only limit_only "
            "cancel_only status status_message trading_disabled fx_stablecoin "
            "max_slippage_percentage auction_mode high_bid_limit_percentage"
        ),
        _COINBASE + "get-single-product",
    ),
    (
        "coinbase",
        "/products/BTC-USD/trades",
        (0,),
        "trade_id side size price time",
        _COINBASE + "get-product-trades",
    ),
    (
        "coinbase",
        "/products/BTC-USD/book?level=2",
        (),
        "bids asks sequence auction_mode auction time",
        _COINBASE + "get-product-book",
    ),
    (
        "coinbase",
        "/products/BTC-USD/ticker",
        (),
        "ask bid volume trade_id price size time rfq_volume",
        _COINBASE + "get-product-ticker",
    ),
    (
        "coinbase",
        "/products/BTC-USD/stats",
        (),
        "open high low last volume volume_30day rfq_volume_24hour rfq_volume_30day",
        _COINBASE + "get-product-stats",
    ),
    (
        "coinbase",
        "/currencies/BTC",
        (),
        (
            "id name min_size status message max_precision convertible_to details "
            "default_network supported_networks display_name"
        ),
        _COINBASE.replace("products", "currencies") + "get-a-currency",
    ),
    ("coinbase", "/time", (), "iso epoch", _COINBASE),
]


def body(exchange_id: str, path: str) -> Any:
    clock = Clock(NOW, is_frozen=True)
    venues = upstreams(FEED, clock, Faults(1), full_history=False, has_limits=True)
    name, _, query = path.partition("?")
    params = dict(part.split("=") for part in query.split("&") if part)
    return json.loads(venues[exchange_id].venue.answer(name, params).body)


@pytest.mark.parametrize(("exchange_id", "path", "place", "fields", "link"), DOCUMENTED)
def test_a_body_has_the_documented_fields(
    exchange_id: str, path: str, place: tuple[Any, ...], fields: str, link: str
) -> None:
    part = body(exchange_id, path)
    for step in place:
        part = part[step]
    assert set(part) == set(fields.split()), link
    known_empty = {"auction"} | ({"default_network"} if "currencies" in path else set())
    assert {name for name, value in part.items() if value is None} <= known_empty


def test_no_level_of_a_book_is_empty() -> None:
    book = body("kraken", "/0/public/Depth?pair=XBTUSD&count=500")["result"]["XXBTZUSD"]
    for side in ("asks", "bids"):
        assert len(book[side]) == 500
        assert all(float(amount) > 0 for _, amount, _ in book[side])
