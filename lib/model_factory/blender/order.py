"""Which sequences a step trains on: a pure function of (seed, blend, step), whoever asks and whenever."""

from collections.abc import Mapping
from fractions import Fraction

from model_factory.blender.permutation import permute

Shares = list[tuple[str, Fraction]]


def batch(
    seed: int, blend: Mapping[str, float], step: int, batch_size: int, counts: Mapping[str, int]
) -> list[tuple[str, int]]:
    """The (source, index) of each of step `step`'s `batch_size` rows; steps count from 0.

    `blend` maps sources to shares (any scale), `counts` to how many rows they have. The sources are
    interleaved so that after any number of rows each is within one row per source of its share; within
    a source no row comes again before all have come, in another order every time. ValueError names a
    source of the blend that has no rows.
    """
    shares = _shares(blend, counts)
    rows = range(step * batch_size, (step + 1) * batch_size)
    return [_row(seed, shares, counts, row) for row in rows]


def _row(seed: int, shares: Shares, counts: Mapping[str, int], row: int) -> tuple[str, int]:
    """Global row → source and its row: source by source, is it this one's turn, or one of the rest?

    Of the first n rows a source takes ⌊n · share⌋, share being its part of what the sources before it
    leave; so both its own rows and those left to the rest are numbered without gaps.
    """
    for source, share in shares:
        taken = row * share.numerator // share.denominator
        if (row + 1) * share.numerator // share.denominator > taken:
            epoch, position = divmod(taken, counts[source])
            return source, permute(position, counts[source], seed, source, epoch)
        row -= taken
    raise AssertionError("the last source takes every row that is left")


def _shares(blend: Mapping[str, float], counts: Mapping[str, int]) -> Shares:
    """Each source's part of what the sources before it leave, exactly; the last one's is 1."""
    wanted = {source: Fraction(str(weight)) for source, weight in sorted(blend.items()) if weight > 0}
    for source in wanted:
        if not counts.get(source):
            held = ", ".join(sorted(name for name, count in counts.items() if count)) or "none"
            raise ValueError(
                f"blend.{source}: {blend[source]} of the rows are to come from {source!r}, which has none; "
                f"sources with rows: {held}. Set its share to 0 or let the stations before keep some of it"
            )
    if not wanted:
        raise ValueError(f"blend: {dict(blend)} gives no source a positive share; give at least one")
    left, shares = sum(wanted.values(), Fraction(0)), []
    for source, weight in wanted.items():
        shares.append((source, weight / left))
        left -= weight
    return shares
