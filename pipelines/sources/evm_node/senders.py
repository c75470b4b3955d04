"""Who signed a transaction, recovered from its signature."""

from pipelines.sources.evm_node import envelopes
from pipelines.sources.evm_node.envelopes import (
    FOR_A_CHAIN,
    UnknownEncodingError,
    needed,
)
from pipelines.sources.evm_node.keccak import keccak
from pipelines.sources.evm_node.tables import Transaction

BEFORE_CHAINS = 27  # v of a legacy transaction that is signed for no chain, or one more


def sender(row: Transaction) -> bytes:
    """The address whose key signed.

    Raises:
        UnknownEncodingError: its encoding is not known, or nothing here can recover.
        ValueError: it is no signature.
    """
    try:
        from coincurve import PublicKey  # noqa: PLC0415  # no wheel for every Python
    except ImportError:
        raise UnknownEncodingError("the package coincurve is not installed") from None
    digest = keccak(envelopes.signed_message(row))
    signature = needed(row, "r") + needed(row, "s") + bytes([_parity(row)])
    key = PublicKey.from_signature_and_message(signature, digest, hasher=None)
    return keccak(key.format(compressed=False)[1:])[-20:]


def _parity(row: Transaction) -> int:
    v = row.v or 0
    if not row.transaction_type:
        v = (v - FOR_A_CHAIN) % 2 if v >= FOR_A_CHAIN else v - BEFORE_CHAINS
    if v not in (0, 1):
        raise ValueError(f"v is {row.v}")
    return v
