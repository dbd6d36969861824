"""Best-fit decreasing bin packing (Ding et al. 2024, arXiv 2404.10830: fewer truncations)."""

from collections.abc import Sequence


def best_fit(lengths: Sequence[int], capacity: int) -> list[list[int]]:
    """Bins of indices into `lengths`, each filled up to `capacity` at most.

    Longest first, each into the fullest bin that has room; ties go by index, so that equal lengths
    give equal bins. O(n log n + n · capacity / 64) in time. ValueError names an item that fits nowhere.
    """
    bins: list[list[int]] = []
    # with_room[r] holds the bins with exactly r tokens of room; bit r of `rooms` says whether there are any.
    with_room: list[list[int]] = [[] for _ in range(capacity + 1)]
    rooms = 0
    for item in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        length = lengths[item]
        if not 0 < length <= capacity:
            raise ValueError(f"item {item} has {length} tokens; a bin takes 1 to {capacity}")
        fitting = rooms >> length
        if fitting:
            room = length + (fitting & -fitting).bit_length() - 1
            chosen = with_room[room].pop()
            if not with_room[room]:
                rooms &= ~(1 << room)
        else:
            room, chosen = capacity, len(bins)
            bins.append([])
        bins[chosen].append(item)
        with_room[room - length].append(chosen)
        rooms |= 1 << (room - length)
    return bins
