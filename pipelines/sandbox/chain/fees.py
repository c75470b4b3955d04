"""What gas costs and how much of it a block may hold, by Prague's rules."""

GAS_PER_BLOB = 1 << 17
MOST_BLOBS = 9
_TARGET_BLOB_GAS = 6 * GAS_PER_BLOB
# EIP-7691
_BLOB_FRACTION = 5_007_716
_CHANGE_DENOMINATOR = 8
PLAIN_GAS = 21_000
_TOKEN_GAS, _FLOOR_TOKEN_GAS = 4, 10
_ADDRESS_GAS, _SLOT_GAS = 2_400, 1_900
_CREATION_GAS, _INITCODE_WORD_GAS = 32_000, 2
_AUTHORIZATION_GAS = 25_000


def next_base_fee(base_fee: int, gas_used: int, gas_limit: int) -> int:
    """The base fee of the block that follows: https://eips.ethereum.org/EIPS/eip-1559."""
    target = gas_limit // 2
    change = base_fee * abs(gas_used - target) // target // _CHANGE_DENOMINATOR
    if gas_used > target:
        return base_fee + max(change, 1)
    return base_fee - change


def next_excess_blob_gas(excess: int, used: int) -> int:
    """Blob gas above target, carried on: https://eips.ethereum.org/EIPS/eip-4844."""
    return max(0, excess + used - _TARGET_BLOB_GAS)


def blob_base_fee(excess: int) -> int:
    """What a unit of blob gas costs: e to the power of excess / fraction.

    In Taylor's series of whole numbers, as EIP-4844 writes it.
    """
    total, term, step = 0, _BLOB_FRACTION, 1
    while term:
        total += term
        term = term * excess // (_BLOB_FRACTION * step)
        step += 1
    return total // _BLOB_FRACTION


def intrinsic_gas(
    data: bytes, addresses: int, slots: int, authorizations: int, *, is_creation: bool
) -> int:
    """What a transaction costs before it does anything (EIP-2028, 2930, 3860, 7702)."""
    creation = _CREATION_GAS + _INITCODE_WORD_GAS * -(-len(data) // 32)
    return (
        PLAIN_GAS
        + _TOKEN_GAS * _tokens(data)
        + _ADDRESS_GAS * addresses
        + _SLOT_GAS * slots
        + _AUTHORIZATION_GAS * authorizations
        + (creation if is_creation else 0)
    )


def floor_gas(data: bytes) -> int:
    """The least that it costs: https://eips.ethereum.org/EIPS/eip-7623."""
    return PLAIN_GAS + _FLOOR_TOKEN_GAS * _tokens(data)


def _tokens(data: bytes) -> int:
    return 4 * len(data) - 3 * data.count(0)
