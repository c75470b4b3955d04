"""What a block of JSON-RPC must hash to, by other libraries and another algorithm.

RLP is the package `rlp`'s, keccak `eth_utils`'; a trie is filled key by key.
"""

from typing import Any

import rlp  # type: ignore[import-untyped,unused-ignore]
from eth_utils.crypto import keccak

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
Shape = dict[str, Any]


def number(said: str) -> bytes:
    """A quantity as RLP takes it."""
    value = int(said, 16)
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def data(said: str | None) -> bytes:
    return bytes.fromhex((said or "0x")[2:])


def header_hash(block: Shape) -> str:
    fields = [
        number(block[name]) if name in QUANTITIES else data(block[name])
        for name in HEADER
        if name in block
    ]
    return "0x" + keccak(rlp.encode(fields)).hex()


def raw_transaction(one: Shape) -> bytes:
    """A transaction as a block holds it."""
    kind = int(one["type"], 16)
    fields: list[Any] = [number(one["nonce"])]
    if kind >= 2:
        fees = ("maxPriorityFeePerGas", "maxFeePerGas")
        fields += [number(one[name]) for name in fees]
    else:
        fields.append(number(one["gasPrice"]))
    fields += [number(one["gas"]), data(one["to"])]
    fields += [number(one["value"]), data(one["input"])]
    if kind:
        accesses = [
            [data(it["address"]), [data(key) for key in it["storageKeys"]]]
            for it in one["accessList"]
        ]
        fields = [number(one["chainId"]), *fields, accesses]
    if kind == 3:
        fields.append(number(one["maxFeePerBlobGas"]))
        fields.append([data(it) for it in one["blobVersionedHashes"]])
    if kind == 4:
        fields.append([authorization(it) for it in one["authorizationList"]])
    v = one["yParity"] if kind else one["v"]
    fields += [number(v), number(one["r"]), number(one["s"])]
    return (bytes([kind]) if kind else b"") + bytes(rlp.encode(fields))


def authorization(one: Shape) -> list[bytes]:
    signature = [number(one[name]) for name in ("yParity", "r", "s")]
    first = [number(one["chainId"]), data(one["address"]), number(one["nonce"])]
    return [*first, *signature]


def raw_receipt(one: Shape) -> bytes:
    """A receipt as the receipts root is over it."""
    kind = int(one["type"], 16)
    logs = [
        [data(log["address"]), [data(it) for it in log["topics"]], data(log["data"])]
        for log in one["logs"]
    ]
    first = data(one["root"]) if "root" in one else number(one["status"])
    gas = number(one["cumulativeGasUsed"])
    fields = [first, gas, data(bloom(one["logs"])), logs]
    return (bytes([kind]) if kind else b"") + bytes(rlp.encode(fields))


def raw_withdrawal(one: Shape) -> bytes:
    index, validator = number(one["index"]), number(one["validatorIndex"])
    fields = [index, validator, data(one["address"]), number(one["amount"])]
    return bytes(rlp.encode(fields))


def bloom(logs: list[Shape]) -> str:
    """Three bits of 2048 for each address and topic."""
    bits = bytearray(256)
    for log in logs:
        for said in (log["address"], *log["topics"]):
            digest = keccak(data(said))
            for place in (0, 2, 4):
                bit = int.from_bytes(digest[place : place + 2], "big") % 2048
                bits[255 - bit // 8] |= 1 << bit % 8
    return "0x" + bits.hex()


def root(values: list[bytes]) -> str:
    """A Merkle Patricia trie's root, its keys put in one after the other."""
    trie: Any = None
    for place, value in enumerate(values):
        key = [int(digit, 16) for digit in rlp.encode(place).hex()]
        trie = _put(trie, key, value)
    return "0x" + keccak(rlp.encode(_raw(trie) if trie else b"")).hex()


def _put(node: Any, key: list[int], value: bytes) -> Any:
    """Nodes are leaves (key, bytes), extensions (key, dict) or branches (dict)."""
    if node is None:
        return (key, value)
    if isinstance(node, dict):
        return {**node, key[0]: _put(node.get(key[0]), key[1:], value)}
    path, held = node
    same = 0
    while same < len(path) and path[same] == key[same]:
        same += 1
    if isinstance(held, dict) and same == len(path):
        return (path, _put(held, key[same:], value))
    rest = path[same + 1 :]
    old = held if isinstance(held, dict) and not rest else (rest, held)
    branch = {path[same]: old, key[same]: (key[same + 1 :], value)}
    return (key[:same], branch) if same else branch


def _raw(node: Any) -> Any:
    if isinstance(node, dict):
        return [*(_inside(node.get(digit)) for digit in range(16)), b""]
    path, held = node
    is_leaf = not isinstance(held, dict)
    odd = len(path) % 2
    digits = [2 * is_leaf + odd, *([] if odd else [0]), *path]
    packed = bytes.fromhex("".join(f"{digit:x}" for digit in digits))
    return [packed, held if is_leaf else _inside(held)]


def _inside(node: Any) -> Any:
    if node is None:
        return b""
    raw = _raw(node)
    encoded = rlp.encode(raw)
    return raw if len(encoded) < 32 else keccak(encoded)


def flaws(block: Shape, receipts: list[Shape]) -> list[str]:
    """What does not hold of a block, by name."""
    transactions = block["transactions"]
    logs = [log for one in receipts for log in one["logs"]]
    indices = [int(log["logIndex"], 16) for log in logs]
    gas = [int(one["gasUsed"], 16) for one in receipts]
    cumulative = [int(one["cumulativeGasUsed"], 16) for one in receipts]
    raws = [raw_transaction(one) for one in transactions]
    hashes = ["0x" + keccak(raw).hex() for raw in raws]
    of_receipts = [one["transactionHash"] for one in receipts]
    withdrawals = root([raw_withdrawal(one) for one in block["withdrawals"]])
    held = {
        "hash": header_hash(block) == block["hash"],
        "transactions root": root(raws) == block["transactionsRoot"],
        "transaction hashes": hashes == [one["hash"] for one in transactions],
        "receipts": hashes == of_receipts,
        "receipts root": root(list(map(raw_receipt, receipts)))
        == block["receiptsRoot"],
        "receipt blooms": [bloom(one["logs"]) for one in receipts]
        == [one["logsBloom"] for one in receipts],
        "bloom": bloom(logs) == block["logsBloom"],
        "withdrawals root": withdrawals == block["withdrawalsRoot"],
        "log indices": indices == list(range(len(logs))),
        "gas": cumulative == [sum(gas[: n + 1]) for n in range(len(gas))]
        and sum(gas) == int(block["gasUsed"], 16),
    }
    return [name for name, holds in held.items() if not holds]
