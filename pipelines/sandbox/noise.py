"""Hashes and noise as polars expressions, in integers: the same on every machine."""

import polars as pl

from pipelines.sandbox.market import HOUR_MS

# Wavelength in ms and share of the swing, in thousandths: weeks move a price most.
_OCTAVES = (
    (1440 * HOUR_MS, 1000),
    (168 * HOUR_MS, 250),
    (24 * HOUR_MS, 80),
    (HOUR_MS, 12),
    (60_000, 2),
)


def _u64(value: int) -> pl.Expr:
    return pl.lit(value & (1 << 64) - 1, dtype=pl.UInt64)


def hashed(number: pl.Expr, key: int) -> pl.Expr:
    """SplitMix64 of a whole number under a key: uniform, unsigned 64 bits."""
    z = number.cast(pl.UInt64) * _u64(0x9E3779B97F4A7C15) + _u64(
        key * 0xD1B54A32D192ED03
    )
    z = (z ^ (z // _u64(1 << 30))) * _u64(0xBF58476D1CE4E5B9)
    z = (z ^ (z // _u64(1 << 27))) * _u64(0x94D049BB133111EB)
    return z ^ (z // _u64(1 << 31))


def _knot(number: pl.Expr, key: int) -> pl.Expr:
    """A whole number from -1000 to 1000."""
    return (hashed(number, key) % 2001).cast(pl.Int64) - 1000


def noise(at_ms: pl.Expr, key: int, swing: int) -> pl.Expr:
    """A smooth wandering within about `swing` to either side of zero."""
    total = pl.lit(0, dtype=pl.Int64)
    for octave, (wavelength, share) in enumerate(_OCTAVES):
        left = at_ms // wavelength
        # In thousandths of the way to the next knot.
        way = at_ms % wavelength * 1000 // wavelength
        height = (
            _knot(left, key + octave) * (1000 - way)
            + _knot(left + 1, key + octave) * way
        )
        total = total + height * (swing * share // 1000) // 1_000_000
    return total
