"""Coinbase Exchange's listings of products and currencies.

https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/products/get-all-known-trading-pairs
https://docs.cdp.coinbase.com/api-reference/exchange-api/rest-api/currencies/get-all-known-currencies
"""

from pipelines.sandbox.market import Instrument, shortest

_NAMES = {"BTC": "Bitcoin", "ETH": "Ether", "USD": "United States Dollar"}
_FIAT = ("USD", "EUR", "GBP")


def product(instrument: Instrument) -> dict[str, object]:
    """An entry of `/products`."""
    base, quote = instrument.base, instrument.quote
    return {
        "id": f"{base}-{quote}",
        "base_currency": base,
        "quote_currency": quote,
        "quote_increment": shortest(instrument.tick),
        "base_increment": shortest(instrument.lot),
        "display_name": f"{base}-{quote}",
        "min_market_funds": "1",
        "margin_enabled": False,
        "post_only": False,
        "limit_only": False,
        "cancel_only": False,
        "status": "online" if instrument.is_active else "delisted",
        "status_message": "",
        "trading_disabled": not instrument.is_active,
        "fx_stablecoin": {base, quote} <= {"USD", "USDC", "USDT"},
        "max_slippage_percentage": "0.02000000",
        "auction_mode": False,
        "high_bid_limit_percentage": "",
    }


def currency(code: str) -> dict[str, object]:
    """An entry of `/currencies`."""
    is_fiat = code in _FIAT
    step = "0.01" if is_fiat else "0.00000001"
    return {
        "id": code,
        "name": _NAMES.get(code, code),
        "min_size": step,
        "status": "online",
        "message": "",
        "max_precision": step,
        "convertible_to": [],
        "details": {
            "type": "fiat" if is_fiat else "crypto",
            "symbol": "$" if code == "USD" else None,
            "network_confirmations": None if is_fiat else 3,
            "sort_order": 0,
            "crypto_address_link": None,
            "crypto_transaction_link": None,
            "push_payment_methods": [],
            "group_types": ["fiat"] if is_fiat else [],
            "display_name": None,
            "processing_time_seconds": None,
            "min_withdrawal_amount": None,
            "max_withdrawal_amount": None,
        },
        "default_network": "" if is_fiat else code.lower(),
        "supported_networks": [],
        "display_name": code,
    }
