"""Weights of any scale as exact shares."""

from collections.abc import Mapping
from fractions import Fraction


def exact(weights: Mapping[str, float]) -> dict[str, Fraction]:
    """Each source's part of the rows, by name; they add up to 1. Decimals count as they are written:
    0.1 is a tenth. Sources with weight 0 are left out."""
    wanted = {source: Fraction(str(weight)) for source, weight in sorted(weights.items()) if weight > 0}
    total = sum(wanted.values())
    return {source: weight / total for source, weight in wanted.items()}


def apportioned(shares: Mapping[str, Fraction], total: int) -> dict[str, int]:
    """Whole numbers that add up to `total`, each within one of its share: largest remainders, ties by name."""
    scale = sum(shares.values())
    floors = {source: int(share * total / scale) for source, share in shares.items()}
    left = total - sum(floors.values())
    by_remainder = sorted(shares, key=lambda source: (floors[source] - shares[source] * total / scale, source))
    return {source: count + (source in by_remainder[:left]) for source, count in floors.items()}
