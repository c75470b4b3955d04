"""Order statistics of measured times: values that were measured, none in between."""

from collections.abc import Sequence


def percentile(values: Sequence[float], percent: int) -> float:
    """The nearest rank."""
    rank = max(1, -(-len(values) * percent // 100))
    return sorted(values)[rank - 1]
