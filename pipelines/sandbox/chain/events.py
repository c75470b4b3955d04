"""What contracts log: transfers of the three standards, and logs that are odd."""

from collections.abc import Sequence

from pipelines.sandbox.chain.encoding import WORD, keccak, padded, word
from pipelines.sandbox.chain.transactions import Log

ZERO = bytes(20)
Ends = tuple[bytes, bytes]
# ERC-20 and ERC-721 share the first: https://eips.ethereum.org/EIPS/eip-721
TRANSFER = keccak(b"Transfer(address,address,uint256)")
APPROVAL = keccak(b"Approval(address,address,uint256)")
DEPOSIT = keccak(b"Deposit(address,uint256)")
WITHDRAWAL = keccak(b"Withdrawal(address,uint256)")
# https://eips.ethereum.org/EIPS/eip-1155
SINGLE = keccak(b"TransferSingle(address,address,address,uint256,uint256)")
BATCH = keccak(b"TransferBatch(address,address,address,uint256[],uint256[])")
SYNC = keccak(b"Sync(uint112,uint112)")


def transfer(token: bytes, giver: bytes, taker: bytes, amount: int) -> Log:
    """ERC-20: three topics and a word; mints come from zero, burns go there."""
    return Log(token, (TRANSFER, padded(giver), padded(taker)), word(amount))


def approval(token: bytes, owner: bytes, spender: bytes, amount: int) -> Log:
    """ERC-20's other event, which moves nothing."""
    return Log(token, (APPROVAL, padded(owner), padded(spender)), word(amount))


def wrapping(token: bytes, signature: bytes, account: bytes, amount: int) -> Log:
    """A deposit or a withdrawal of a wrapped native currency; no transfer is logged."""
    return Log(token, (signature, padded(account)), word(amount))


def collectible(token: bytes, giver: bytes, taker: bytes, token_id: int) -> Log:
    """ERC-721: four topics and no data."""
    topics = (TRANSFER, padded(giver), padded(taker), word(token_id))
    return Log(token, topics, b"")


def single(token: bytes, operator: bytes, ends: Ends, item: tuple[int, int]) -> Log:
    """ERC-1155's transfer of an amount of one id, by whoever may move it."""
    topics = (SINGLE, padded(operator), *map(padded, ends))
    return Log(token, topics, word(item[0]) + word(item[1]))


def batch(
    token: bytes, operator: bytes, ends: Ends, items: Sequence[tuple[int, int]]
) -> Log:
    """ERC-1155's transfer of several ids, as two arrays of one length."""
    topics = (BATCH, padded(operator), *map(padded, ends))
    size = word(len(items))
    ids = size + b"".join(word(token_id) for token_id, _ in items)
    amounts = size + b"".join(word(amount) for _, amount in items)
    offsets = word(2 * WORD) + word(2 * WORD + len(ids))
    return Log(token, topics, offsets + ids + amounts)


def sync(pool: bytes, reserve: int, other: int) -> Log:
    """An event that is nobody's transfer: its one topic is its signature."""
    return Log(pool, (SYNC,), word(reserve) + word(other))


def split(token: bytes, giver: bytes, taker: bytes, amount: int) -> tuple[Log, ...]:
    """Transfers whose three words are split otherwise between topics and data."""
    words = (padded(giver), padded(taker), word(amount))
    return tuple(
        Log(token, (TRANSFER, *words[:indexed]), b"".join(words[indexed:]))
        for indexed in (0, 1)
    )


def malformed(token: bytes, giver: bytes, taker: bytes, amount: int) -> tuple[Log, ...]:
    """Logs that are not what their signatures say."""
    ends = (padded(giver), padded(taker))
    operated = (padded(giver), *ends)
    far = word(2 * WORD) + word(1 << 255)
    uneven = b"".join(map(word, (2 * WORD, 4 * WORD, 1, 7, 2, 1, 1)))
    return (
        Log(token, (TRANSFER, *ends), b""),
        Log(token, (TRANSFER, *ends), word(amount)[1:]),
        Log(token, (TRANSFER, *ends), word(amount) * 2),
        Log(token, (TRANSFER, *ends, word(amount)), word(amount)),
        Log(token, (TRANSFER, b"\xff" * WORD, padded(taker)), word(amount)),
        Log(token, (DEPOSIT,), word(amount)),
        Log(token, (SINGLE, *operated), word(amount)),
        Log(token, (BATCH, *operated), b""),
        Log(token, (BATCH, *operated), far),
        Log(token, (BATCH, *operated), uneven),
    )


def anonymous(token: bytes, data: bytes) -> Log:
    """A log without topics."""
    return Log(token, (), data)
