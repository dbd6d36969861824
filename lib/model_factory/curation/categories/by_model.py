"""Documents as a model sees them."""

from collections.abc import Callable, Sequence

import numpy as np

from model_factory.cards.categories import Categories
from model_factory.cards.errors import CardError


def points(
    section: Categories, texts: Sequence[str], embed: "Callable[[Sequence[str]], np.ndarray] | None"
) -> np.ndarray:
    """A row of unit length per text, whatever `embed` makes of it. CardError where nobody brought a model, ValueError
    where it gave another number of rows."""
    if embed is None:
        raise CardError("categories.embedding: 'model' needs a checkpoint that embeds; give one, or use 'hashed'")
    rows = np.asarray(embed([text[: section.max_chars] for text in texts]), dtype=np.float64)
    if rows.ndim != 2 or len(rows) != len(texts):
        raise ValueError(f"embed: {rows.shape} for {len(texts)} texts; give one row each")
    # What all texts share says nothing about any of them.
    rows = rows - rows.mean(axis=0)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
