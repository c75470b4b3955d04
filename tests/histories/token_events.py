"""Random logs: transfers of each standard, as they are usual, odd, and wrong."""

import random
from collections.abc import Callable

from tests.histories.chain_rows import Event

TRANSFER = bytes.fromhex(
    "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
)
SINGLE = bytes.fromhex(
    "c3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62"
)
BATCH = bytes.fromhex(
    "4a39dc06d4c0dbc64b70af90fd698a233a518aa5d07e595d983b8c0526c8f7fb"
)
DEPOSIT = bytes.fromhex(
    "e1fffcc4923d04b559f4d29a8bfc6cda04eb5b0d3c460751c2402c5c5cc9109c"
)
WITHDRAWAL = bytes.fromhex(
    "7fcf532c15f0a6db0bd6d0e038bea71d30d808c7d98cb3bf7268a95bf5081b65"
)
WRAPPED_ETHER = bytes.fromhex("c02aaa39b223fe8d0a0e5c4f27ead9083c756cc2")
NOBODY = bytes(20)


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def padded(address: bytes) -> bytes:
    return address.rjust(32, b"\0")


def array(items: list[int]) -> bytes:
    return b"".join(map(word, [len(items), *items]))


def events(rng: random.Random) -> list[Event]:
    """Some logs of one transaction."""
    return [rng.choice(KINDS)(rng) for _ in range(rng.randint(0, 3))]


def _party(rng: random.Random) -> bytes:
    return rng.choice((NOBODY, rng.randbytes(20), rng.randbytes(20)))


def _amount(rng: random.Random) -> int:
    return rng.choice((0, 2**256 - 1, rng.getrandbits(rng.randint(1, 256))))


def _token(rng: random.Random) -> bytes:
    return bytes([rng.randint(1, 4)]) * 20


def transfer(rng: random.Random) -> Event:
    """Three words, of which any number are topics: 2 is ERC-20's way, 3 ERC-721's."""
    words = [padded(_party(rng)), padded(_party(rng)), word(_amount(rng))]
    topics = rng.choice((2, 2, 2, 3, 3, 0, 1))
    data = b"".join(words[topics:])
    return Event(_token(rng), [TRANSFER, *words[:topics]], data)


def single(rng: random.Random) -> Event:
    topics = [SINGLE, *(padded(_party(rng)) for _ in range(3))]
    return Event(_token(rng), topics, word(_amount(rng)) + word(_amount(rng)))


def batch(rng: random.Random) -> Event:
    count = rng.randint(0, 3)
    topics = [BATCH, *(padded(_party(rng)) for _ in range(3))]
    ids, amounts = ([_amount(rng) for _ in range(count)] for _ in range(2))
    data = word(64) + word(96 + 32 * count) + array(ids) + array(amounts)
    return Event(_token(rng), topics, data)


def wrap(rng: random.Random) -> Event:
    signature = rng.choice((DEPOSIT, WITHDRAWAL))
    address = rng.choice((WRAPPED_ETHER, _token(rng)))
    return Event(address, [signature, padded(_party(rng))], word(_amount(rng)))


def other(rng: random.Random) -> Event:
    topics = [rng.randbytes(32) for _ in range(rng.randint(0, 4))]
    return Event(_token(rng), topics, rng.randbytes(rng.randint(0, 70)))


def wrong(rng: random.Random) -> Event:
    """One of those that are right, with something changed."""
    event = rng.choice((transfer, single, batch, wrap))(rng)
    kind = rng.randint(0, 3)
    if kind == 0:
        return Event(event.address, event.topics, event.data[:-1])
    if kind == 1:
        return Event(event.address, event.topics, event.data + b"\0")
    if kind == 2 and len(event.topics) > 1:
        dirty = b"\1" + event.topics[1][1:]
        return Event(
            event.address, [event.topics[0], dirty, *event.topics[2:]], event.data
        )
    return Event(event.address, event.topics, rng.randbytes(len(event.data)))


KINDS: tuple[Callable[[random.Random], Event], ...] = (
    *(transfer, transfer, single, batch, batch, wrap, other, wrong),
)
