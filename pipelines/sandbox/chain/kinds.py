"""What transactions do: each kind gives what is called and the logs that come of it."""

from collections.abc import Callable

from pipelines.sandbox.chain import events
from pipelines.sandbox.chain.calls import Call, Caller
from pipelines.sandbox.chain.events import ZERO
from pipelines.sandbox.chain.transactions import BLOB, SET_CODE


def _native(caller: Caller) -> Call:
    return Call(caller.other, value=caller.draw.getrandbits(64))


def _transfer(caller: Caller) -> Call:
    token = caller.one_of(caller.world.contracts.fungible)
    log = events.transfer(token, caller.address, caller.other, caller.amount)
    return caller.calling(token, b"transfer(address,uint256)", (log,))


def _mint(caller: Caller) -> Call:
    token = caller.one_of(caller.world.contracts.of("erc20"))
    log = events.transfer(token, ZERO, caller.other, caller.amount)
    return caller.calling(token, b"mint(address,uint256)", (log,))


def _burn(caller: Caller) -> Call:
    token = caller.one_of(caller.world.contracts.of("erc20"))
    log = events.transfer(token, caller.address, ZERO, caller.amount)
    return caller.calling(token, b"burn(uint256)", (log,))


def _approve(caller: Caller) -> Call:
    token = caller.one_of(caller.world.contracts.fungible)
    log = events.approval(token, caller.address, caller.other, caller.amount)
    return caller.calling(token, b"approve(address,uint256)", (log,))


def _wrap(caller: Caller) -> Call:
    (token,) = caller.world.contracts.of("wrapped")
    value = caller.draw.getrandbits(62)
    log = events.wrapping(token, events.DEPOSIT, caller.address, value)
    return caller.calling(token, b"deposit()", (log,), value)


def _unwrap(caller: Caller) -> Call:
    (token,) = caller.world.contracts.of("wrapped")
    value = caller.draw.getrandbits(62)
    log = events.wrapping(token, events.WITHDRAWAL, caller.address, value)
    return caller.calling(token, b"withdraw(uint256)", (log,))


def _collect(caller: Caller) -> Call:
    (token,) = caller.world.contracts.of("erc721")
    log = events.collectible(token, *caller.ends, caller.draw.getrandbits(14))
    signature = b"transferFrom(address,address,uint256)"
    return caller.calling(token, signature, (log,))


def _single(caller: Caller) -> Call:
    (token,) = caller.world.contracts.of("erc1155")
    item = (caller.draw.getrandbits(8), caller.draw.getrandbits(10))
    log = events.single(token, caller.address, caller.ends, item)
    signature = b"safeTransferFrom(address,address,uint256,uint256,bytes)"
    return caller.calling(token, signature, (log,))


def _batch(caller: Caller) -> Call:
    (token,) = caller.world.contracts.of("erc1155")
    draw = caller.draw
    items = [(draw.getrandbits(8), draw.getrandbits(10))] * 2 + [
        (draw.getrandbits(256), draw.getrandbits(10))
        for _ in range(draw.getrandbits(2))
    ]
    moved = items[draw.getrandbits(2) :]
    log = events.batch(token, caller.address, caller.ends, moved)
    signature = b"safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)"
    return caller.calling(token, signature, (log,))


def _swap(caller: Caller) -> Call:
    """Several transfers through a pool, and an event that is none."""
    pool, tokens = caller.world.pool, caller.world.contracts.fungible
    sold, bought = caller.one_of(tokens), caller.one_of(tokens)
    logs = (
        events.transfer(sold, caller.address, pool, caller.amount),
        events.transfer(bought, pool, caller.address, caller.amount),
        events.sync(pool, caller.draw.getrandbits(112), caller.draw.getrandbits(112)),
    )
    return caller.calling(pool, b"swap(uint256,uint256,address,bytes)", logs)


def _odd(caller: Caller) -> Call:
    (token,) = caller.world.contracts.of("odd")
    logs = events.split(token, caller.address, caller.other, caller.amount)
    return caller.calling(token, b"transfer(address,uint256)", logs)


def _malformed(caller: Caller) -> Call:
    (token,) = caller.world.contracts.of("odd")
    logs = events.malformed(token, caller.address, caller.other, caller.amount)
    at = int(caller.draw.random() * len(logs))
    return caller.calling(token, b"transfer(address,uint256)", logs[at : at + 1])


def _anonymous(caller: Caller) -> Call:
    (token,) = caller.world.contracts.of("odd")
    log = events.anonymous(token, caller.draw.randbytes(caller.draw.getrandbits(6)))
    return caller.calling(token, b"log()", (log,))


def _silent(caller: Caller) -> Call:
    return caller.calling(caller.world.pool, b"skim()", ())


def _create(caller: Caller) -> Call:
    code = bytes.fromhex("600d380380600d6000396000f3") + caller.draw.randbytes(51)
    return Call(b"", 0, code, 200 * len(code))


def _blob(caller: Caller) -> Call:
    return Call(caller.world.inbox, kind=BLOB)


def _set_code(caller: Caller) -> Call:
    return Call(caller.address, kind=SET_CODE)


# Out of a hundred: ERC-20 and plain transfers most, the rare ones often enough to be
# in every few blocks of the smallest chains.
KINDS: tuple[Callable[[Caller], Call], ...] = tuple(
    kind
    for kind, share in (
        (_native, 18),
        (_transfer, 24),
        (_mint, 4),
        (_burn, 3),
        (_approve, 5),
        (_wrap, 5),
        (_unwrap, 4),
        (_collect, 5),
        (_single, 3),
        (_batch, 4),
        (_swap, 8),
        (_odd, 2),
        (_malformed, 2),
        (_anonymous, 2),
        (_silent, 2),
        (_create, 3),
        (_blob, 4),
        (_set_code, 2),
    )
    for _ in range(share)
)
