"""Documents as hashed words: no vocabulary is learnt, so memory is bounded whatever the corpus says."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from model_factory.cards.categories import Categories

# Runs of two letters or more, as in `curation.vocabulary`.
TOKEN = r"[^\W\d_]{2,}"


def points(section: Categories, texts: Sequence[str], embed: "Callable[[Sequence[str]], np.ndarray] | None") -> Any:
    """A sparse row of unit length per text: counts of word n-grams by hash (Weinberger et al. 2009), damped by their
    logarithm and by how many documents have them."""
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    hashed = HashingVectorizer(
        token_pattern=TOKEN,
        ngram_range=(1, section.ngram),
        n_features=section.num_features,
        alternate_sign=False,
        norm=None,  # pyright: ignore[reportArgumentType]
    ).transform([text[: section.max_chars] for text in texts])
    return TfidfTransformer(sublinear_tf=True).fit_transform(hashed)
