"""Random answers of contracts: good ones, those of old tokens, and wrong ones."""

import random

from tests.histories.candle_histories import Load, Row
from tests.histories.token_events import WRAPPED_ETHER, word

CALLS = ("symbol", "name", "decimals")
PLACE = ("chain_id", "block_number", "block_hash")
PROVENANCE = ("received_at", "endpoint", "origin", "request_id")


def string(data: bytes) -> bytes:
    """Text as the ABI has it."""
    return word(32) + word(len(data)) + data + bytes(-len(data) % 32)


def answer(rng: random.Random, call: str) -> bytes | None:
    """Bytes that a contract answered; none where it reverted."""
    odd = rng.choice((None, b"", b"\0" * 31, rng.randbytes(32), rng.randbytes(96)))
    if rng.random() < 0.3:
        return odd
    if call == "decimals":
        return word(rng.choice((0, 6, 18, 77, 78, 255, 2**255)))
    text = rng.choice(("USDC", "Tether ₮", "A" * 40, "", "a\0b")).encode()
    return text.ljust(32, b"\0")[:32] if rng.random() < 0.3 else string(text)


def reads(rng: random.Random, load: Load) -> list[Row]:
    """What some contracts answered at a block of the load."""
    if not load["blocks"]:
        return []
    block = rng.choice(load["blocks"])
    token = rng.choice((WRAPPED_ETHER, *(bytes([n]) * 20 for n in range(1, 6))))
    return [
        {
            **{name: block[name] for name in (*PLACE, *PROVENANCE)},
            "contract_address": token,
            "call": call,
            "input": b"\1\2\3\4",
            "result": (result := answer(rng, call)),
            "error": "execution reverted" if result is None else None,
        }
        for call in rng.sample(CALLS, rng.choice((1, 3, 3)))
    ]
