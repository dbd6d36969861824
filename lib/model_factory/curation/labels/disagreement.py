"""Classes that a classifier contradicts which was trained without the row: confident learning.

Northcutt, Jiang and Chuang 2021 (arXiv 1911.00068), section 3.1: out-of-fold probabilities; a class is believed where
its probability reaches the mean that it has among the rows that are labelled with it; a row is suspected where the most
probable believed class is another than its own. Theirs to the letter but for `min_margin`, which asks for more.
Shapes: D rows, K classes.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import polars as pl
from pydantic import Field

from model_factory.cards.errors import CardError
from model_factory.cards.labels import Action, Labels
from model_factory.cards.section import STRICT, Count, Fraction, Positive
from model_factory.curation.classifier.features import features
from model_factory.curation.filters.words import split_words
from model_factory.curation.labels.check import Check, Run, suspects
from model_factory.curation.registry import suggest


@dataclass(frozen=True)
class Disagreement:
    """Rows of `table` have a column `text` and its class in `label`. A logistic regression over hashed words (see
    `classifier.linear`) is trained `folds` times, each without the rows that it judges; classes of fewer rows than
    folds are not judged. `min_margin` is how much more probable the other class must be."""

    __pydantic_config__ = STRICT

    action: Action
    table: str
    text: str
    label: str
    folds: Annotated[int, Field(ge=2)]
    min_margin: Fraction
    num_features: Count
    ngram: Count
    inverse_penalty: Positive
    max_iterations: Count


def _find(rows: pl.DataFrame, settings: Disagreement, section: Labels, run: Run) -> pl.DataFrame:
    for column in (settings.text, settings.label):
        if column not in rows.columns:
            cure = suggest(column, rows.columns)
            raise CardError(f"labels.checks.disagreement: {settings.table} has no column {column!r}; {cure}")
    labelled = _judged(rows, settings)
    classes = labelled[settings.label].unique().sort().to_list()
    if len(classes) < 2:
        return suspects([])
    given_D = labelled[settings.label].replace_strict(classes, list(range(len(classes)))).to_numpy()
    found_D = confident(
        out_of_fold(labelled[settings.text], given_D, settings, section.seed), given_D, settings.min_margin
    )
    return suspects(
        [
            (place, text[:200], classes[given], classes[found])
            for (place, text), given, found in zip(
                labelled.select("place", settings.text).rows(), given_D, found_D, strict=True
            )
            if found != given
        ]
    )


def out_of_fold(texts: pl.Series, labels_D: np.ndarray, settings: Disagreement, seed: int) -> np.ndarray:
    """The probability of every class for every row (D, K), by a model that was trained without it. Equal rows in equal
    order give equal values."""
    from sklearn.linear_model import LogisticRegression  # takes a second: only where one trains
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    vectors = features(split_words(texts), settings.num_features, settings.ngram)
    model = LogisticRegression(C=settings.inverse_penalty, max_iter=settings.max_iterations)
    folds = StratifiedKFold(settings.folds, shuffle=True, random_state=seed)
    return np.asarray(cross_val_predict(model, vectors, labels_D, cv=folds, method="predict_proba"))


def confident(probabilities_DK: np.ndarray, labels_D: np.ndarray, min_margin: float) -> np.ndarray:
    """The class that each row is believed to have: its own unless another is, by `min_margin` more probable."""
    rows = np.arange(len(labels_D))
    own_D = probabilities_DK[rows, labels_D]
    believed_K = np.array([own_D[labels_D == label].mean() for label in range(probabilities_DK.shape[1])])
    candidates_DK = np.where(probabilities_DK >= believed_K, probabilities_DK, -1.0)
    best_D = candidates_DK.argmax(axis=1)
    surer_D = candidates_DK[rows, best_D] - own_D >= min_margin
    return np.where((candidates_DK[rows, best_D] >= 0) & surer_D, best_D, labels_D)


def _judged(rows: pl.DataFrame, settings: Disagreement) -> pl.DataFrame:
    """The rows of classes that every fold can hold, in an order that does not depend on how they are stored."""
    enough = pl.len().over(settings.label) >= settings.folds
    named = rows.with_row_index("place").with_columns(pl.col("place").cast(pl.Int64))
    return named.filter(enough & pl.col(settings.label).is_not_null()).sort("doc_id", settings.text)


CHECK = Check("1", Disagreement, lambda settings: (settings.table,), _find)
