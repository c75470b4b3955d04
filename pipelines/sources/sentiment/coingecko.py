"""CoinGecko: a row is a coin's numbers at a fetch, as given; what is null stays null.

https://docs.coingecko.com/reference/introduction: with a demo key 30 requests a minute
and 10,000 a month, failures count. The month's are spread over it.
"""

from collections.abc import Mapping

from pipelines.sources.sentiment.declaration import Endpoint, Upstream, every, has
from pipelines.sources.sentiment.fields import document, iso, number, text
from pipelines.sources.sentiment.tables import COIN_MARKETS, COINS
from pipelines.upstream.budget import Limit

KEY = "BULLION_COINGECKO_KEY"
NUMBERS = (
    *("current_price", "market_cap", "market_cap_rank", "total_volume"),
    *("fully_diluted_valuation", "high_24h", "low_24h", "price_change_24h"),
    *("price_change_percentage_24h", "circulating_supply", "total_supply"),
    *("max_supply", "ath", "atl"),
)
COIN = {"coin_id": text("id"), "symbol": text("symbol"), "name": text("name")}


def _headers(secrets: Mapping[str, str]) -> Mapping[str, str]:
    return {"x-cg-demo-api-key": secrets[KEY]} if KEY in secrets else {}


UPSTREAM = Upstream(
    name="coingecko",
    url="https://api.coingecko.com/api/v3",
    limits={"minute": Limit(30, 60, 10), "month": Limit(10_000, 30 * 86_400, 300)},
    secrets=(KEY,),
    headers=_headers,
    endpoints=[
        Endpoint(
            name="markets",
            table=COIN_MARKETS,
            key="coin_id",
            path="/coins/markets",
            params={"vs_currency": "usd", "per_page": "250"},
            fits=lambda body: every(
                lambda coin: has(coin, "id", "symbol", "market_cap"), body
            ),
            items=lambda body: body,
            fields={
                **COIN,
                **{name: number(name) for name in NUMBERS},
                "ath_at": iso("ath_date"),
                "atl_at": iso("atl_date"),
                "updated_at": iso("last_updated"),
            },
        ),
        Endpoint(
            name="coin",
            table=COINS,
            key="coin_id",
            path="/coins/{subject}",
            params={"tickers": "false", "localization": "false"},
            fits=lambda body: has(body, "id", "symbol", "community_data"),
            items=lambda body: [body],
            fields={
                **COIN,
                "community": document(at=("community_data",)),
                "developer": document(at=("developer_data",)),
                "sentiment_up_pct": number("sentiment_votes_up_percentage"),
                "watchlist_users": number("watchlist_portfolio_users"),
                "updated_at": iso("last_updated"),
            },
        ),
    ],
)
