"""CoinGecko: https://docs.coingecko.com/reference/coins-markets and -coins-id."""

import re
from typing import Any

from pipelines.sandbox.answers import Answer, RefusedError, document
from pipelines.sandbox.clock import iso
from pipelines.sandbox.sentiment.asking import Ask
from pipelines.sandbox.sentiment.items import Stream

# id, symbol, name, price, circulating, the most there can be
Coin = tuple[str, str, str, float, int, int | None]
COINS: tuple[Coin, ...] = (
    ("bitcoin", "btc", "Bitcoin", 63_000.0, 19_700_000, 21_000_000),
    ("ethereum", "eth", "Ethereum", 3_400.0, 120_000_000, None),
    ("solana", "sol", "Solana", 130.0, 440_000_000, None),
    ("shiba-inu", "shib", "Shiba Inu", 0.0000085, 589_000_000_000_000, None),
)
_COIN = re.compile(r"/coins/([\w-]+)")


def answer(stream: Stream, ask: Ask) -> Answer:
    """All coins' markets, or a coin."""
    if ask.path == "/coins/markets":
        coins = enumerate(COINS, 1)
        return document([_market(stream, rank, coin) for rank, coin in coins])
    found = _COIN.fullmatch(ask.path)
    for number, coin in enumerate(COINS, 1):
        if found and coin[0] == found[1]:
            return document(_coin(stream, number, *coin[:3]))
    raise RefusedError(404, {"error": "coin not found"})


def _market(stream: Stream, rank: int, coin: Coin) -> Any:
    coin_id, symbol, name, level, circulating, most = coin
    price = level * (1 + (stream.now_ms // 60_000 * rank % 97 - 48) / 2_000)
    return {
        "id": coin_id,
        "symbol": symbol,
        "name": name,
        "image": f"https://assets.example/{coin_id}.png",
        "current_price": price,
        "market_cap": round(price * circulating),
        "market_cap_rank": rank,
        "fully_diluted_valuation": round(price * most) if most else None,
        "total_volume": round(price * circulating / 40),
        "high_24h": price * 1.02,
        "low_24h": price * 0.98,
        "price_change_24h": price * 0.01,
        "price_change_percentage_24h": 1.01,
        "circulating_supply": circulating,
        "total_supply": most,
        "max_supply": most,
        "ath": level * 2,
        "ath_date": "2021-11-10T14:24:11.849Z",
        "atl": level / 1_000,
        "atl_date": "2015-10-20T00:00:00.000Z",
        "roi": None,
        "last_updated": iso(stream.now_ms),
    }


def _coin(stream: Stream, number: int, coin_id: str, symbol: str, name: str) -> Any:
    days = stream.now_ms // 86_400_000
    return {
        "id": coin_id,
        "symbol": symbol,
        "name": name,
        "sentiment_votes_up_percentage": 60 + days * number % 30,
        "watchlist_portfolio_users": 1_000_000 // number + days,
        "community_data": {
            "facebook_likes": None,
            "reddit_average_posts_48h": 0,
            "reddit_subscribers": None,
            "telegram_channel_user_count": None,
        },
        "developer_data": {
            "forks": 36_000 // number,
            "stars": 73_000 // number,
            "commit_count_4_weeks": 100 + days % 50,
        },
        "last_updated": iso(stream.now_ms),
    }
