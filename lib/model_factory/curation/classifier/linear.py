"""A linear classifier over hashed n-grams, trained from labelled rows: fastText's idea in a matrix product."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from model_factory.cards.section import STRICT, Count, Positive
from model_factory.curation.classifier.features import features


@dataclass(frozen=True)
class LinearSettings:
    """`num_features` buckets for the hashes of up to `ngram` words; `inverse_penalty` is C of the L2-regularised
    logistic regression, at most `max_iterations` steps of L-BFGS."""

    __pydantic_config__ = STRICT

    num_features: Count
    ngram: Count
    inverse_penalty: Positive
    max_iterations: Count


@dataclass(frozen=True)
class LinearModel:
    """`weights` (num_features) and `bias` of a logistic regression."""

    num_features: int
    ngram: int
    weights: np.ndarray
    bias: float

    def probabilities(self, words: pl.Series) -> np.ndarray:
        """The probability of label 1 for documents given as lists of words."""
        scores = features(words, self.num_features, self.ngram) @ self.weights + self.bias
        return 1.0 / (1.0 + np.exp(-scores))

    def save(self, location: Path) -> None:
        np.savez(location, num_features=self.num_features, ngram=self.ngram, weights=self.weights, bias=self.bias)


def load_model(location: Path) -> LinearModel:
    """What `LinearModel.save` wrote."""
    with np.load(location) as stored:
        counts = int(stored["num_features"]), int(stored["ngram"])
        return LinearModel(*counts, stored["weights"], float(stored["bias"]))


def train(words: pl.Series, labels: np.ndarray, settings: LinearSettings) -> LinearModel:
    """Fit to documents given as lists of words, with labels 0 and 1. Equal rows give an equal model.

    ValueError when one of the labels is missing: there is nothing to tell apart.
    """
    from sklearn.linear_model import LogisticRegression  # takes a second: only where one trains

    if set(np.unique(labels)) != {0, 1}:
        raise ValueError(f"labels: {sorted(np.unique(labels))} instead of 0 and 1; give rows of both kinds")
    vectors = features(words, settings.num_features, settings.ngram)
    fitted = LogisticRegression(C=settings.inverse_penalty, max_iter=settings.max_iterations).fit(vectors, labels)
    weights = fitted.coef_[0].astype(np.float32)
    return LinearModel(settings.num_features, settings.ngram, weights, float(fitted.intercept_[0]))
