"""Which items of a row occurred before: one sort of hash and position packed into one number.

Shapes: T items of all documents in a row. Keys are 64-bit hashes that differ between documents; what is left
of them beside the position (42 bits for 4 million items) makes a chance agreement of one pair in such a row
about as likely as not, and each moves the value of one document by one item.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from model_factory.curation.filters.flat import Flat, Rows

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Groups:
    """Items that occur more than once, equal ones side by side in the order of their positions.

    Item g is at `positions_G[g]`; `heads` are the places in it where a group begins, `counts` their sizes.
    """

    positions_G: np.ndarray
    heads: np.ndarray
    counts: np.ndarray

    @property
    def repeats_G(self) -> np.ndarray:
        """Whether an item is another than its group's first."""
        flags = np.ones(len(self.positions_G), dtype=bool)
        flags[self.heads] = False
        return flags


def keys(rows: Rows, hashes_T: np.ndarray) -> np.ndarray:
    """A hash per item (T), another one for the same item in another document."""
    salt_D = (np.arange(len(rows.lengths_D), dtype=np.uint64) + np.uint64(1)) * MULTIPLIER
    return hashes_T ^ np.repeat(salt_D, rows.lengths_D)


def groups(keys_C: np.ndarray, positions_C: np.ndarray) -> Groups:
    """The groups of equal keys among the items at `positions_C`."""
    bits = np.uint64(int(positions_C.max(initial=0)).bit_length())
    packed = (keys_C << bits) | positions_C.astype(np.uint64)
    packed.sort()
    key = packed >> bits
    same = key[1:] == key[:-1]
    again, grouped = np.zeros(len(key), dtype=bool), np.zeros(len(key), dtype=bool)
    again[1:] = same
    grouped[:-1] = same
    grouped |= again
    positions_G = (packed[grouped] & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)
    heads = np.flatnonzero(~again[grouped])
    return Groups(positions_G, heads, np.diff(np.append(heads, len(positions_G))))


def repeated(flat: Flat) -> np.ndarray:
    """Which items (T) occurred before in their document."""
    found = groups(keys(flat, flat.items.hash().to_numpy()), np.arange(len(flat.items)))
    flags = np.zeros(len(flat.items), dtype=bool)
    flags[found.positions_G[found.repeats_G]] = True
    return flags


def repeated_items_and_chars(flat: Flat) -> tuple[np.ndarray, np.ndarray]:
    """Per document, how many of its strings occurred before in it, and their characters."""
    again_T = repeated(flat)
    chars = flat.items.filter(pl.Series(again_T)).str.len_chars().to_numpy()
    weights = np.bincount(flat.document_T[again_T], weights=chars, minlength=len(flat.lengths_D))
    return flat.sums_D(again_T), weights
