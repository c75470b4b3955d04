"""A chain's contracts: what tokens say of themselves by eth_call.

Names and symbols are strings, or bytes32 as of tokens from before the standard was
settled; some contracts revert, and some say decimals that can not be.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.sandbox.chain.encoding import WORD, keccak, word

NAME, SYMBOL, DECIMALS = (
    keccak(signature)[:4] for signature in (b"name()", b"symbol()", b"decimals()")
)
# Where the wrapped native currency lies on a chain that is named as a real one:
# https://etherscan.io/token/0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2 and likewise
_WRAPPED_NATIVE = {
    1: "c02aaa39b223fe8d0a0e5c4f27ead9083c756cc2",
    10: "4200000000000000000000000000000000000006",
    8453: "4200000000000000000000000000000000000006",
}
# Standard, name, symbol and decimals of a contract; what it lacks reverts. Bytes are
# answered as they are, in one word.
_Metadata = tuple[str, str | bytes | None, str | bytes | None, int | None]
_TOKENS: tuple[_Metadata, ...] = (
    ("wrapped", "Wrapped Ether", "WETH", 18),
    ("erc20", "USD Coin", "USDC", 6),
    ("erc20", "Sandbox Gold", "SGLD", 18),
    ("erc20", "Caf\u00e9 \u2615", "CAF\u00c9", 8),
    ("erc20", b"Maker", b"MKR", 18),
    ("erc20", None, None, None),
    ("erc20", "Absurd", "ABS", (1 << 256) - 1),
    ("erc20", "", "", 0),
    ("erc721", "Sandbox Apes", "APES", None),
    ("erc1155", None, None, None),
    ("odd", "Oddly Indexed", "ODD", 18),
)


class RevertedError(Exception):
    """A call that the contract refuses."""


@dataclass(frozen=True)
class Contract:
    """A token contract: its address, its standard, and its answers by selector."""

    address: bytes
    standard: str
    answers: Mapping[bytes, bytes]


class Contracts:
    """Every contract of one chain."""

    def __init__(self, seed: int, chain_id: int) -> None:
        self._by_address: dict[bytes, Contract] = {}
        self._by_standard: dict[str, list[bytes]] = {}
        for place, row in enumerate(_TOKENS):
            one = _contract(f"contract {seed} {chain_id} {place}", chain_id, row)
            self._by_address[one.address] = one
            self._by_standard.setdefault(one.standard, []).append(one.address)
        self.fungible = self.of("wrapped") + self.of("erc20")
        """What moves by ERC-20, the wrapped native currency included."""

    def of(self, standard: str) -> list[bytes]:
        """The addresses of a standard."""
        return self._by_standard[standard]

    def call(self, address: bytes, data: bytes) -> bytes:
        """What a contract returns; nothing where no contract is.

        Raises:
            RevertedError: it has no such function.
        """
        contract = self._by_address.get(address)
        if contract is None:
            return b""
        answer = contract.answers.get(data[:4])
        if answer is None:
            raise RevertedError
        return answer


def _contract(seed: str, chain_id: int, row: _Metadata) -> Contract:
    standard, name, symbol, decimals = row
    address = keccak(seed.encode())[12:]
    if standard == "wrapped" and chain_id in _WRAPPED_NATIVE:
        address = bytes.fromhex(_WRAPPED_NATIVE[chain_id])
    answers = {
        selector: _text(said)
        for selector, said in ((NAME, name), (SYMBOL, symbol))
        if said is not None
    }
    if decimals is not None:
        answers[DECIMALS] = word(decimals)
    return Contract(address, standard, answers)


def _text(said: str | bytes) -> bytes:
    """A string as the ABI writes it, or bytes32."""
    if isinstance(said, bytes):
        return said.ljust(WORD, b"\0")
    encoded = said.encode()
    filled = encoded.ljust(-(-len(encoded) // WORD) * WORD, b"\0")
    return word(WORD) + word(len(encoded)) + filled
