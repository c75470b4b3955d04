"""Lists within transactions and blocks, encoded from their JSON."""

from collections.abc import Sequence
from typing import Any

from pipelines.sources.evm_node.fields import (
    Fields,
    address,
    each,
    hash32,
    mapping,
    quantity,
)
from pipelines.sources.evm_node.rlp_encoding import of_bytes, of_int, of_list


def access_list(entries: Sequence[Any]) -> bytes:
    """An access list: https://eips.ethereum.org/EIPS/eip-2930."""
    return of_list(_access(_entry(entry)) for entry in entries)


def authorization_list(entries: Sequence[Any]) -> bytes:
    """Authorisations of code: https://eips.ethereum.org/EIPS/eip-7702."""
    return of_list(_authorization(_entry(entry)) for entry in entries)


def hashes(entries: Sequence[Any]) -> bytes:
    """Hashes, of blobs or uncles: https://eips.ethereum.org/EIPS/eip-4844."""
    return of_list(map(of_bytes, each(hash32, {"its hashes": entries}, "its hashes")))


def withdrawals(entries: Sequence[Any]) -> list[bytes]:
    """Withdrawals, each by itself: https://eips.ethereum.org/EIPS/eip-4895."""
    return [_withdrawal(_entry(entry)) for entry in entries]


def _withdrawal(fields: Fields) -> bytes:
    return of_list(
        (
            of_int(quantity(fields, "index")),
            of_int(quantity(fields, "validatorIndex")),
            of_bytes(address(fields, "address")),
            of_int(quantity(fields, "amount")),
        )
    )


def _entry(entry: object) -> Fields:
    return mapping({"an entry": entry}, "an entry")


def _access(fields: Fields) -> bytes:
    keys = each(hash32, fields, "storageKeys") if fields.get("storageKeys") else []
    return of_list((of_bytes(address(fields, "address")), of_list(map(of_bytes, keys))))


def _authorization(fields: Fields) -> bytes:
    parity = "v" if fields.get("yParity") is None else "yParity"
    return of_list(
        (
            of_int(quantity(fields, "chainId")),
            of_bytes(address(fields, "address")),
            of_int(quantity(fields, "nonce")),
            of_int(quantity(fields, parity)),
            of_int(quantity(fields, "r")),
            of_int(quantity(fields, "s")),
        )
    )
