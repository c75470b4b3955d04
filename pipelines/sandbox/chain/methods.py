"""The methods of a node, answered as geth answers them.

https://ethereum.github.io/execution-apis
"""

from collections.abc import Callable, Sequence
from typing import Any

from pipelines.sandbox.chain.blocks import Block
from pipelines.sandbox.chain.contracts import RevertedError
from pipelines.sandbox.chain.encoding import quantity, text
from pipelines.sandbox.chain.logs import get_logs
from pipelines.sandbox.chain.parameters import (
    ADDRESS_BYTES,
    HASH_BYTES,
    block_number,
    hexadecimal,
    is_hash,
    parameter,
    record,
)
from pipelines.sandbox.chain.refusals import SERVER, RpcError
from pipelines.sandbox.chain.view import View
from pipelines.sandbox.fault_kinds import RECEIPT_KINDS

CLIENT = "bullion-sandbox/v1"
Parameters = Sequence[Any]


def _chain_id(view: View, _: Parameters) -> Any:
    return quantity(view.chain.spec.chain_id)


def _network(view: View, _: Parameters) -> Any:
    return str(view.chain.spec.chain_id)


def _client(_: View, __: Parameters) -> Any:
    return CLIENT


def _head(view: View, _: Parameters) -> Any:
    return quantity(view.head)


def _block_by_number(view: View, parameters: Parameters) -> Any:
    number = block_number(view.tags, parameter(parameters, 0))
    return _block(view, None if number is None else view.numbered(number), parameters)


def _block_by_hash(view: View, parameters: Parameters) -> Any:
    block_hash = hexadecimal(parameter(parameters, 0), HASH_BYTES)
    return _block(view, view.hashed(block_hash), parameters)


def _block(view: View, block: Block | None, parameters: Parameters) -> Any:
    is_full = bool(parameter(parameters, 1))
    return view.block_json(block, is_full=is_full) if block else None


def _block_receipts(view: View, parameters: Parameters) -> Any:
    """By hash, number, tag, or as EIP-1898 has them."""
    said = parameter(parameters, 0)
    if isinstance(said, dict):
        said = said.get("blockHash", said.get("blockNumber"))
    if is_hash(said):
        block = view.hashed(hexadecimal(said, HASH_BYTES))
    else:
        number = block_number(view.tags, said)
        block = None if number is None else view.numbered(number)
    return view.receipts_json(block, RECEIPT_KINDS) if block else None


def _receipt(view: View, parameters: Parameters) -> Any:
    place = view.place_of(hexadecimal(parameter(parameters, 0), HASH_BYTES))
    return view.receipt(*place, RECEIPT_KINDS) if place else None


def _transaction(view: View, parameters: Parameters) -> Any:
    place = view.place_of(hexadecimal(parameter(parameters, 0), HASH_BYTES))
    return view.transaction(*place) if place else None


def _call(view: View, parameters: Parameters) -> Any:
    said = record(parameters, 0)
    number = block_number(view.tags, (*parameters, None, "latest")[1] or "latest", 1)
    if number is not None and number > view.head:
        raise RpcError(SERVER, "header not found")
    data = hexadecimal(said.get("input") or said.get("data") or "0x")
    address = hexadecimal(said.get("to") or "0x" + "00" * 20, ADDRESS_BYTES)
    try:
        return text(view.chain.world.contracts.call(address, data))
    except RevertedError:
        raise RpcError(SERVER, "execution reverted") from None


METHODS: dict[str, Callable[[View, Parameters], Any]] = {
    "eth_chainId": _chain_id,
    "eth_blockNumber": _head,
    "eth_getBlockByNumber": _block_by_number,
    "eth_getBlockByHash": _block_by_hash,
    "eth_getBlockReceipts": _block_receipts,
    "eth_getTransactionReceipt": _receipt,
    "eth_getTransactionByHash": _transaction,
    "eth_getLogs": get_logs,
    "eth_call": _call,
    "net_version": _network,
    "web3_clientVersion": _client,
}
