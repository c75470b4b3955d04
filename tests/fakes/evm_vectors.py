"""Recorded blocks of Ethereum and of the test chain, whose file is `chain.rlp`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import rlp

from pipelines.sources.evm_node.keccak import keccak
from pipelines.sources.evm_node.tables import Header, Transaction
from pipelines.sources.evm_node.whole_block import WholeBlock

FIRST = (
    *("parent_hash", "sha3_uncles", "miner", "state_root", "transactions_root"),
    *("receipts_root", "logs_bloom"),
)
TEST_CHAIN = 3_503_995_874_084_926  # the chain id of its genesis.json


def answer(folder: Path, name: str) -> Any:
    """The result of a recorded answer of Ethereum, whose file's name has `name`."""
    (path,) = folder.glob(f"*{name}*.json")
    return json.loads(path.read_text())["result"]


def exchanges(folder: Path) -> Iterator[tuple[str, Any, Any]]:
    """Each recorded call of the test chain: its file, the request, the response."""
    for path in sorted(folder.glob("*/*.io")):
        lines = path.read_text().splitlines()
        said = [json.loads(line[3:]) for line in lines if line[:3] in (">> ", "<< ")]
        for asked, answered in zip(said[::2], said[1::2], strict=True):
            yield f"{path.parent.name}/{path.stem}", asked, answered


def number(encoded: bytes) -> int:
    return int.from_bytes(encoded, "big")


def decimal(encoded: bytes) -> str:
    return str(number(encoded))


def chain(path: Path) -> list[WholeBlock]:
    """The blocks of the file, which has neither receipts nor senders."""
    rest, blocks = path.read_bytes(), []
    while rest:
        block, _, end = rlp.codec.consume_item(rest, 0)
        rest = rest[end:]
        blocks.append(_block(*block))
    return blocks


def _block(
    fields: Any, transactions: Any, _uncles: Any, withdrawals: Any = None
) -> WholeBlock:
    later = [*fields[15:], *[None] * 6]
    header = Header(
        chain_id=TEST_CHAIN,
        block_hash=keccak(rlp.encode(fields)),
        **dict(zip(FIRST, fields, strict=False)),
        difficulty=decimal(fields[7]),
        block_number=number(fields[8]),
        gas_limit=number(fields[9]),
        gas_used=number(fields[10]),
        block_at_s=number(fields[11]),
        extra_data=fields[12],
        mix_hash=fields[13],
        nonce=fields[14],
        base_fee_per_gas=decimal(later[0]) if later[0] is not None else None,
        withdrawals_root=later[1],
        blob_gas_used=number(later[2]) if later[2] is not None else None,
        excess_blob_gas=number(later[3]) if later[3] is not None else None,
        parent_beacon_block_root=later[4],
        requests_hash=later[5],
        transactions_count=len(transactions),
        logs_count=None,
        size_bytes=None,
        total_difficulty=None,
        uncles=None,
        withdrawals=None if withdrawals is None else _withdrawals(withdrawals),
        extra_fields=None,
    )
    rows = [_transaction(header, *pair) for pair in enumerate(transactions)]
    return WholeBlock(header, rows, [])


def _withdrawals(entries: Any) -> str:
    names = ("index", "validatorIndex", "address", "amount")
    rows = [
        {
            name: f"0x{part.hex()}" if name == "address" else hex(number(part))
            for name, part in zip(names, entry, strict=True)
        }
        for entry in entries
    ]
    return json.dumps(rows, separators=(",", ":"))


def _transaction(header: Header, index: int, item: Any) -> Transaction:
    kind = item[0] if isinstance(item, bytes) else 0
    fields = list(rlp.decode(item[1:]) if kind else item)
    first = fields[1:] if kind else fields  # past the chain id
    fees = first[1:3] if kind > 1 else [None, None]
    gas, to, value, data = first[2:6] if kind < 2 else first[3:7]
    lists = [*first[6:-3], None, None] if kind == 1 else [*first[7:-3], None, None]
    if not kind:
        lists = [None] * 3
    return Transaction(
        chain_id=header.chain_id,
        block_number=header.block_number,
        transaction_index=index,
        transaction_type=kind,
        nonce=number(first[0]),
        gas=number(gas),
        v=number(fields[-3]),
        block_hash=header.block_hash,
        transaction_hash=keccak(item if kind else rlp.encode(item)),
        from_address=b"",
        to_address=to or None,
        input=data,
        r=fields[-2].rjust(32, b"\0"),
        s=fields[-1].rjust(32, b"\0"),
        value=decimal(value),
        gas_price=decimal(first[1]) if kind < 2 else None,
        max_priority_fee_per_gas=decimal(fees[0]) if kind > 1 else None,
        max_fee_per_gas=decimal(fees[1]) if kind > 1 else None,
        max_fee_per_blob_gas=decimal(lists[1]) if kind == 3 else None,
        access_list=_access(lists[0]) if kind else None,
        authorization_list=_grants(lists[1]) if kind == 4 else None,
        blob_versioned_hashes=(
            json.dumps([f"0x{one.hex()}" for one in lists[2]]) if kind == 3 else None
        ),
        extra_fields=None,
    )


def _access(entries: Any) -> str:
    return json.dumps(
        [
            {"address": f"0x{a.hex()}", "storageKeys": [f"0x{k.hex()}" for k in keys]}
            for a, keys in entries
        ]
    )


def _grants(entries: Any) -> str:
    names = ("chainId", "address", "nonce", "yParity", "r", "s")
    return json.dumps(
        [
            {
                name: f"0x{part.hex()}" if name == "address" else hex(number(part))
                for name, part in zip(names, entry, strict=True)
            }
            for entry in entries
        ]
    )
