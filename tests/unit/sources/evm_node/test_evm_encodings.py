"""Encodings, roots and blooms: published examples, and an encoder apart."""

import random

import pytest
import rlp

from pipelines.sources.evm_node import bloom, envelopes
from pipelines.sources.evm_node.answers import whole_block
from pipelines.sources.evm_node.keccak import keccak
from pipelines.sources.evm_node.ordered_root import EMPTY_ROOT, ordered_root
from pipelines.sources.evm_node.rlp_encoding import of_bytes, of_int, of_list
from pipelines.sources.evm_node.senders import sender
from tests.fakes import evm_blocks, evm_encoding

LOREM = b"Lorem ipsum dolor sit amet, consectetur adipisicing elit"


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [  # https://ethereum.org/developers/docs/data-structures-and-encoding/rlp
        (of_bytes(b"dog"), "83646f67"),
        (of_list([of_bytes(b"cat"), of_bytes(b"dog")]), "c88363617483646f67"),
        (of_bytes(b""), "80"),
        (of_list([]), "c0"),
        (of_int(0), "80"),
        (of_bytes(b"\0"), "00"),
        (of_bytes(b"\x0f"), "0f"),
        (of_int(1024), "820400"),
        (of_bytes(LOREM), "b838" + LOREM.hex()),
    ],
)
def test_an_encoding_is_as_its_definition_has_it(encoded, expected):
    assert encoded.hex() == expected


@pytest.mark.parametrize("size", [0, 1, 2, 55, 56, 57, 255, 256, 257, 65_536, 70_000])
def test_an_encoding_of_any_size_is_that_of_another_encoder(size):
    value = b"\x7f" * size
    assert of_bytes(value) == rlp.encode(value)
    assert of_list([b"\x7f"] * size) == rlp.encode([b"\x7f"] * size)
    assert of_int(256**size // 3 if size < 56 else 127) == rlp.encode(
        256**size // 3 if size < 56 else 127
    )


def test_the_hash_is_keccak_and_the_empty_root_is_the_known_one():
    # https://eips.ethereum.org/EIPS/eip-1052, and every header without transactions
    empty = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak(b"").hex() == empty
    root = "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    assert EMPTY_ROOT.hex() == ordered_root([]).hex() == root


@pytest.mark.parametrize("count", [1, 2, 3, 16, 17, 127, 128, 129, 130, 256, 257, 700])
@pytest.mark.parametrize("longest", [3, 31, 40, 600])  # short nodes stand in others
def test_a_root_is_that_of_a_trie_made_from_the_top(count, longest):
    rng = random.Random(f"{count} {longest}")
    values = [rng.randbytes(rng.randint(1, longest)) for _ in range(count)]
    assert ordered_root(values) == evm_encoding.root(values)


def test_a_bloom_has_three_bits_of_each_address_and_topic():
    logs = [
        evm_blocks.Log(bytes([i]) * 20, [bytes([j]) * 32 for j in range(i)])
        for i in range(5)
    ]
    block, receipts = evm_blocks.answers([evm_blocks.Tx(logs=logs)])
    found = bloom.bloom(whole_block(1, block, receipts).logs)
    assert evm_blocks.hexed(bloom.as_bytes(found)) == block["logsBloom"]
    assert 0 < found.bit_count() <= 3 * 15
    assert bloom.bloom([]) == 0


def test_a_signature_for_a_chain_is_as_its_proposal_has_it():
    # https://eips.ethereum.org/EIPS/eip-155#example
    row = whole_block(1, *evm_blocks.answers([evm_blocks.Tx(0)])).transactions[0]
    row = row._replace(
        nonce=9,
        gas_price=str(20 * 10**9),
        gas=21_000,
        to_address=b"\x35" * 20,
        value=str(10**18),
        input=b"",
        v=37,
        r=bytes.fromhex(
            "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"
        ),
        s=bytes.fromhex(
            "67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"
        ),
    )
    message = (
        "ec098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76"
        "4000080018080"
    )
    assert envelopes.signed_message(row).hex() == message
    digest = "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"
    assert keccak(envelopes.signed_message(row)).hex() == digest
    signed = (
        "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76"
        "400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067"
        "cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"
    )
    assert envelopes.transaction(row).hex() == signed
    # the address of the private key that the example names, 0x46 32 times
    assert sender(row).hex() == "9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f"
