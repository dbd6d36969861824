"""The exact truth about a corpus, found without hashing into bands. Runs in the peer's environment too."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable

Shingles = set[Hashable]


def word_grams(text: str, ngram: int = 5) -> Shingles:
    """The set of `ngram` consecutive words, computed the slow and plain way."""
    words = re.findall(r"\w+", text)
    return {tuple(words[place : place + ngram]) for place in range(max(len(words) - ngram + 1, 1))} if words else set()


def true_pairs(texts: list[str], threshold: float, grams: Callable[[str], Shingles]) -> dict[tuple[int, int], float]:
    """Every pair (i < j) whose exact Jaccard similarity of `grams` reaches `threshold`.

    Prefix filtering (Bayardo, Ma, Srikant 2007): sets that similar share one of their rarest (1 − t)·|set| + 1
    members, so that nothing is missed although few pairs are compared.
    """
    sets = [{hash(gram) for gram in grams(text)} for text in texts]
    counts = Counter(gram for members in sets for gram in members)
    holders: dict[int, list[int]] = defaultdict(list)
    found = {}
    for place, members in enumerate(sets):
        rarest = sorted(members, key=lambda gram: (counts[gram], gram))
        prefix = rarest[: int(len(members) * (1 - threshold) + 1e-9) + 1] if members else []
        for earlier in {other for gram in prefix for other in holders[gram]}:
            size = len(members & sets[earlier])
            similarity = size / (len(members) + len(sets[earlier]) - size)
            if similarity >= threshold:
                found[earlier, place] = similarity
        for gram in prefix:
            holders[gram].append(place)
    return found


def quality(removed: set[int], truth: dict[tuple[int, int], float]) -> dict[str, float]:
    """`recall`: the share of true pairs of which at least one document is gone. `precision`: the share of the
    removed that are similar to a document that stayed."""
    partners: dict[int, set[int]] = defaultdict(set)
    for left, right in truth:
        partners[left].add(right)
        partners[right].add(left)
    gone = sum(left in removed or right in removed for left, right in truth)
    right = sum(bool(partners[document] - removed) for document in removed)
    return {"recall": gone / max(len(truth), 1), "precision": right / max(len(removed), 1)}
