"""Blocks of an EVM chain as a node answers them: signed, hashed, whole."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import rlp
from coincurve import PrivateKey

from tests.fakes.evm_encoding import bloom, keccak, root

Json = dict[str, Any]

KINDS = (0, 0, 1, 2, 3, 4)  # of transactions
FORKS = ("frontier", "byzantium", "london", "shanghai", "cancun", "prague")
LATER_FIELDS = dict(zip(FORKS, (0, 0, 1, 2, 5, 6), strict=True))
HEADER = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot"),
    *("receiptsRoot", "logsBloom", "difficulty", "number", "gasLimit", "gasUsed"),
    *("timestamp", "extraData", "mixHash", "nonce", "baseFeePerGas"),
    *("withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot"),
    "requestsHash",
)
QUANTITIES = {
    *("difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"),
    *("blobGasUsed", "excessBlobGas"),
}
KEY = PrivateKey(b"\1" * 32)
SENDER = keccak(KEY.public_key.format(compressed=False)[1:])[-20:]
PRICE, TIP, MOST = 10**9, 1, 2 * 10**9
BLOB = b"\1" + b"\2" * 31
GRANTED, GRANT = b"\3" * 20, {"nonce": 5, "yParity": 1, "r": 2**255, "s": 7}


@dataclass(frozen=True)
class Log:
    address: bytes
    topics: Sequence[bytes]
    data: bytes = b""


@dataclass(frozen=True)
class Tx:
    """A transaction to be signed.

    Attributes:
        kind: its type.
        of_a_chain: a legacy one is for no chain without.
        to: empty where it creates a contract.
    """

    kind: int = 2
    of_a_chain: bool = True
    nonce: int = 0
    to: bytes = b"\7" * 20
    value: int = 10**18
    data: bytes = b""
    logs: Sequence[Log] = ()
    gas_used: int = 21_000
    access_list: Sequence[tuple[bytes, Sequence[bytes]]] = ()

    @property
    def prefix(self) -> bytes:
        return bytes([self.kind]) if self.kind else b""


def hexed(value: Any) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else hex(value)


def all_hexed(values: Mapping[str, Any]) -> Json:
    return {name: hexed(value) for name, value in values.items()}


def unsigned(tx: Tx, chain_id: int) -> list[Any]:
    """What is hashed of a transaction, but for its signature."""
    access = [[address, list(keys)] for address, keys in tx.access_list]
    call = [gas(tx), tx.to, tx.value, tx.data]
    market = [chain_id, tx.nonce, TIP, MOST, *call, access]
    grant = [chain_id, GRANTED, *GRANT.values()]
    return {
        0: [tx.nonce, PRICE, *call],
        1: [chain_id, tx.nonce, PRICE, *call, access],
        2: market,
        3: [*market, 3, [BLOB]],
        4: [*market, [grant]],
    }[tx.kind]


def gas(tx: Tx) -> int:
    return 2 * tx.gas_used


def typed(tx: Tx, chain_id: int) -> Json:
    """The fields of the answer that are of its type."""
    listed = [
        {"address": hexed(address), "storageKeys": [hexed(key) for key in keys]}
        for address, keys in tx.access_list
    ]
    grant = all_hexed({"chainId": chain_id, "address": GRANTED} | GRANT)
    fields: Json = {"gasPrice": hexed(PRICE)}
    if tx.kind or tx.of_a_chain:
        fields["chainId"] = hexed(chain_id)
    if tx.kind:
        fields["accessList"] = listed
    if tx.kind > 1:
        fields |= all_hexed({"maxPriorityFeePerGas": TIP, "maxFeePerGas": MOST})
    if tx.kind == 3:
        fields |= {"maxFeePerBlobGas": "0x3", "blobVersionedHashes": [hexed(BLOB)]}
    if tx.kind == 4:
        fields["authorizationList"] = [grant]
    return fields


def signed(tx: Tx, chain_id: int) -> tuple[bytes, Json]:
    """The envelope, and the signature as the answer has it."""
    fields = unsigned(tx, chain_id)
    is_replay_safe = not tx.kind and tx.of_a_chain
    message = [*fields, chain_id, 0, 0] if is_replay_safe else fields
    digest = keccak(tx.prefix + rlp.encode(message))
    signature = KEY.sign_recoverable(digest, hasher=None)
    r, s = (int.from_bytes(signature[at : at + 32], "big") for at in (0, 32))
    first = 35 + 2 * chain_id if is_replay_safe else 27
    v = signature[64] + (0 if tx.kind else first)
    parity = {"yParity": v} if tx.kind else {}
    envelope = tx.prefix + rlp.encode([*fields, v, r, s])
    return envelope, all_hexed({"v": v, "r": r, "s": s} | parity)


def of_logs(logs: Sequence[Log]) -> bytes:
    return bloom([value for log in logs for value in (log.address, *log.topics)])


def receipt(tx: Tx, cumulative: int, fork: str) -> tuple[bytes, Json]:
    """A receipt as it is hashed, and the fields of the answer that are so too."""
    name, outcome = ("root", b"\x11" * 32) if fork == "frontier" else ("status", 1)
    logs = [[log.address, list(log.topics), log.data] for log in tx.logs]
    fields = [outcome, cumulative, of_logs(tx.logs), logs]
    said = {name: outcome, "cumulativeGasUsed": cumulative, "gasUsed": tx.gas_used}
    encoded = tx.prefix + rlp.encode(fields)
    return encoded, all_hexed(said | {"logsBloom": of_logs(tx.logs)})


def answers(
    transactions: Sequence[Tx],
    *,
    chain_id: int = 1,
    number: int = 7,
    fork: str = "prague",
    parent: bytes = b"\xaa" * 32,
    withdrawals: Sequence[tuple[int, int, bytes, int]] = (),
) -> tuple[Json, list[Json]]:
    """A block with whole transactions, and its receipts."""
    cumulative = [0, *accumulate(tx.gas_used for tx in transactions)][1:]
    envelopes = [signed(tx, chain_id) for tx in transactions]
    made = [
        receipt(tx, gas, fork) for tx, gas in zip(transactions, cumulative, strict=True)
    ]
    logs = [log for tx in transactions for log in tx.logs]
    gas_used = sum(tx.gas_used for tx in transactions)
    fields = [
        *(parent, b"\x1d" * 32, bytes(20), b"\x57" * 32),
        *(root([e for e, _ in envelopes]), root([e for e, _ in made]), of_logs(logs)),
        *(0, number, 30_000_000, gas_used, 1_700_000_000),
        *(b"made", b"\x0c" * 32, bytes(8)),
        *(7 * 10**8, root([rlp.encode(one) for one in withdrawals]), 131_072, 5),
        *(b"\x0b" * 32, b"\x0e" * 32),
    ][: 15 + LATER_FIELDS[fork]]
    block = all_hexed(dict(zip(HEADER, fields, strict=False)))
    block |= {"hash": hexed(keccak(rlp.encode(fields))), "size": "0x400", "uncles": []}
    if LATER_FIELDS[fork] > 1:
        names = ("index", "validatorIndex", "address", "amount")
        each = [dict(zip(names, one, strict=True)) for one in withdrawals]
        block["withdrawals"] = list(map(all_hexed, each))
    return _placed(block, transactions, chain_id, envelopes, [said for _, said in made])


def moved(
    block: Json, receipts: Sequence[Json], *, number: int, parent: bytes
) -> tuple[Json, list[Json]]:
    """A block of the same transactions, at another place of the chain."""
    header = block | {"number": hexed(number), "parentHash": hexed(parent)}
    fields = [from_hex(header[name], name) for name in HEADER if name in header]
    text = json.dumps([header, receipts])
    of_block = f'"blockNumber": "{block["number"]}"'
    text = text.replace(of_block, f'"blockNumber": "{hexed(number)}"')
    text = text.replace(block["hash"], hexed(keccak(rlp.encode(fields))))
    there, its_receipts = json.loads(text)
    return there, its_receipts


def from_hex(text: str, name: str) -> int | bytes:
    return int(text, 16) if name in QUANTITIES else bytes.fromhex(text[2:])


def _placed(
    block: Json,
    transactions: Sequence[Tx],
    chain_id: int,
    envelopes: Sequence[tuple[bytes, Json]],
    outcomes: Sequence[Json],
) -> tuple[Json, list[Json]]:
    block["transactions"], receipts = [], []
    logs_before = 0
    for index, tx in enumerate(transactions):
        place = {"blockHash": block["hash"], "blockNumber": block["number"]}
        place["transactionIndex"] = hexed(index)
        envelope, signature = envelopes[index]
        own = hexed(keccak(envelope))
        to = hexed(tx.to) if tx.to else None
        parties = {"type": hexed(tx.kind), "from": hexed(SENDER), "to": to}
        sent = {"nonce": tx.nonce, "gas": gas(tx), "value": tx.value, "input": tx.data}
        block["transactions"].append(
            {"hash": own}
            | place
            | parties
            | all_hexed(sent)
            | typed(tx, chain_id)
            | signature
        )
        place["transactionHash"] = own
        logs = [
            place
            | all_hexed({"logIndex": at, "address": log.address, "data": log.data})
            | {"topics": list(map(hexed, log.topics)), "removed": False}
            for at, log in enumerate(tx.logs, logs_before)
        ]
        logs_before += len(logs)
        more = {
            "contractAddress": None,
            "effectiveGasPrice": hexed(PRICE),
            "logs": logs,
        }
        receipts.append(place | parties | outcomes[index] | more)
    return block, receipts
