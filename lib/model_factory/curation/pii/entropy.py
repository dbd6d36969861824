"""How random a string is."""

import math
from collections import Counter


def bits_per_char(text: str) -> float:
    """Shannon entropy of the characters of `text`, in bits; 0 for an empty text."""
    counts = Counter(text).values()
    return sum(count / len(text) * math.log2(len(text) / count) for count in counts)
