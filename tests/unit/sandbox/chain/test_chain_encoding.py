"""The encoder against other libraries, another algorithm, and geth's recorded chain."""

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
import rlp  # type: ignore[import-untyped,unused-ignore]
from eth_keys.datatypes import Signature
from eth_utils.crypto import keccak as other_keccak
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sandbox.chain.encoding import keccak, rlp_bytes, rlp_int, rlp_list, word
from pipelines.sandbox.chain.fees import (
    blob_base_fee,
    floor_gas,
    intrinsic_gas,
    next_base_fee,
    next_excess_blob_gas,
)
from pipelines.sandbox.chain.keys import key, sign
from pipelines.sandbox.chain.roots import bloom_of, ordered_root
from tests.oracles import block_oracle

NESTED = st.recursive(st.binary(max_size=70), lambda it: st.lists(it, max_size=5))
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


def encoded(item: Any) -> bytes:
    if isinstance(item, bytes):
        return rlp_bytes(item)
    return rlp_list(encoded(one) for one in item)


@given(NESTED)
def test_nested_bytes_are_rlp_as_another_library_writes_it(item: Any) -> None:
    assert encoded(item) == rlp.encode(item)


@given(st.integers(min_value=0, max_value=1 << 300))
def test_numbers_are_rlp_as_another_library_writes_it(number: int) -> None:
    assert rlp_int(number) == rlp.encode(number)


@given(st.binary(max_size=300))
def test_the_hash_is_keccak_as_another_library_has_it(data: bytes) -> None:
    assert keccak(data) == other_keccak(data)


@pytest.mark.parametrize("size", [1, 20, 40])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 16, 17, 127, 128, 129, 130, 300])
def test_a_root_is_the_same_where_keys_are_put_in_one_by_one(
    count: int, size: int
) -> None:
    values = [keccak(word(n))[:size].ljust(size, b"\1") for n in range(count)]
    assert "0x" + ordered_root(values).hex() == block_oracle.root(values)


def recorded_blocks(folder: Path) -> list[Any]:
    """Header, transactions, uncles and withdrawals of each block of geth's chain."""
    blocks, rest = [], (folder / "chain/test_chain/chain.rlp").read_bytes()
    while rest:
        _, _, length, end = rlp.codec.consume_length_prefix(rest, 0)
        blocks.append(rlp.decode(rest[: end + length]))
        rest = rest[end + length :]
    return blocks


def test_the_roots_and_hashes_of_geths_chain_come_out(recorded: Path) -> None:
    blocks = recorded_blocks(recorded)
    assert len(blocks) == 54
    for header, transactions, _, *withdrawals in blocks:
        raws = [one if isinstance(one, bytes) else encoded(one) for one in transactions]
        assert ordered_root(raws) == header[4]
        if withdrawals:
            assert ordered_root(list(map(encoded, withdrawals[0]))) == header[16]
    hashes = [keccak(encoded(header)) for header, *_ in blocks]
    parents = [header[0] for header, *_ in blocks]
    assert parents[1:] == hashes[:-1]


def test_geths_base_fees_follow_from_the_blocks_before(recorded: Path) -> None:
    headers = [header for header, *_ in recorded_blocks(recorded)]
    number = int.from_bytes
    pairs = [
        (parent, child) for parent, child in pairwise(headers) if len(parent) >= 16
    ]
    assert len(pairs) == 27
    for parent, child in pairs:
        limit, used, fee = (number(parent[n], "big") for n in (9, 10, 15))
        assert next_base_fee(fee, used, limit) == number(child[15], "big")


def test_the_blooms_of_geths_receipts_come_out(recorded: Path) -> None:
    folder = recorded / "chain/test_chain/eth_getTransactionReceipt"
    blooms = 0
    for path in folder.glob("*.io"):
        receipt = orjson.loads(path.read_text().split("<< ", 1)[1])["result"]
        for log in (receipt or {}).get("logs", ()):
            values = [log["address"], *log["topics"]]
            bloom = bloom_of(bytes.fromhex(value[2:]) for value in values)
            assert f"0x{bloom:0512x}" == receipt["logsBloom"]
            blooms += 1
    assert blooms == 3


def test_blob_gas_costs_what_the_exponential_says() -> None:
    # the fraction and the target of https://eips.ethereum.org/EIPS/eip-7691
    assert blob_base_fee(0) == 1
    assert next_excess_blob_gas(0, 6 << 17) == 0
    assert next_excess_blob_gas(5 << 17, 9 << 17) == 8 << 17
    for excess in (3_471_000, 3_471_200, 10**7, 5 * 10**7, 10**8):
        expected = math.exp(excess / 5_007_716)
        assert blob_base_fee(excess) == pytest.approx(math.floor(expected), rel=1e-6)


def test_intrinsic_gas_is_what_the_proposals_say() -> None:
    # EIP-2028: 4 gas a zero byte, 16 another; EIP-7623: 10 and 40 at least
    data = b"\0\0\1"
    assert intrinsic_gas(data, 0, 0, 0, is_creation=False) == 21_000 + 24
    assert floor_gas(data) == 21_000 + 60
    # EIP-2930, EIP-7702
    assert intrinsic_gas(b"", 1, 2, 3, is_creation=False) == 21_000 + 6_200 + 75_000
    # EIP-3860: 2 gas for each word that is begun
    assert intrinsic_gas(bytes(33), 0, 0, 0, is_creation=True) == 21_000 + 132 + 32_004


def test_a_signature_recovers_to_its_address_and_lies_in_the_lower_half() -> None:
    signer = key("a seed")
    for number in range(300):
        digest = keccak(word(number))
        signature = sign(signer, digest)
        assert signature.s <= HALF_ORDER
        vrs = (signature.parity, signature.r, signature.s)
        recovered = Signature(vrs=vrs).recover_public_key_from_msg_hash(digest)
        assert recovered.to_canonical_address() == signer.address
