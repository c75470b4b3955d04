"""Which proofs apply to which blocks of a chain, each with its source.

Where nothing else is declared, a chain's encodings are unknown: until a real block of
it is a vector, its links, counts, log indexes and bloom are proved alone. What is known
of them, for whoever adds a vector:

- OP stack: deposits are of type 0x7e, and their nonce and version enter a receipt's
  hash from Canyon on: https://specs.optimism.io/protocol/deposits.html
- Arbitrum: types 0x64 to 0x6a, and blocks before Nitro are of another kind:
  https://docs.arbitrum.io/build-decentralized-apps/arbitrum-vs-ethereum/rpc-methods
- BNB Smart Chain: system transactions are ordinary ones of price 0
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Name = Literal[
    "header_hash",
    "parent_link",
    "transactions_root",
    "receipts_root",
    "logs_bloom",
    "log_index",
    "counts",
    "withdrawals_root",
    "sender",
]
OF_ANY_CHAIN = frozenset({"parent_link", "logs_bloom", "log_index", "counts"})

EXECUTION_SPECS = "https://github.com/ethereum/execution-specs"
# chains whose headers, transactions and receipts are as `envelopes.py` has them
ETHEREUM: Mapping[int, str] = {
    1: EXECUTION_SPECS,
    11_155_111: "https://github.com/eth-clients/sepolia",
    17_000: "https://github.com/eth-clients/holesky",
    560_048: "https://github.com/eth-clients/hoodi",
    31_337: "https://foundry-rs.github.io/foundry/anvil/constant.CHAIN_ID.html",
}


@dataclass(frozen=True)
class Exemption:
    """Blocks of a chain that some proofs do not apply to; half-open."""

    chain_id: int
    proofs: frozenset[Name]
    until_block: int
    reason: str
    source: str


STATE_SYNC = "state-sync transactions lie outside the bloom before Madhugiri"
# their receipts have had a cumulative gas of 0, too: the issue 1801 of bor
OUTSIDE: frozenset[Name] = frozenset({"logs_bloom", "counts"})
BOR = "https://github.com/0xPolygon/bor"
EXEMPTIONS = (
    Exemption(
        137,
        OUTSIDE,
        80_084_800,
        STATE_SYNC,
        f"{BOR}/blob/develop/internal/cli/server/chains/mainnet.go",
    ),
    Exemption(80_002, OUTSIDE, 28_899_616, STATE_SYNC, f"{BOR}/pull/1851"),
)


@dataclass(frozen=True)
class ProofRules:
    """The declaration.

    Attributes:
        ethereum: chains of Ethereum's encodings, and where that is said.
        exemptions: from the proofs that a chain has otherwise.
    """

    ethereum: Mapping[int, str] = field(default_factory=lambda: ETHEREUM)
    exemptions: Sequence[Exemption] = EXEMPTIONS

    def why_not(self, proof: Name, chain_id: int, block_number: int) -> str | None:
        """Why the proof does not apply to the block; None: it does."""
        for exemption in self.exemptions:
            if (
                exemption.chain_id == chain_id
                and proof in exemption.proofs
                and block_number < exemption.until_block
            ):
                return exemption.reason
        is_proved = proof in OF_ANY_CHAIN or chain_id in self.ethereum
        return None if is_proved else "no vector"


RULES = ProofRules()
