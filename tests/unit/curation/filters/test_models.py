"""The two models trained here: they tell good text from bad, and come out the same every time."""

import numpy as np
import polars as pl
import pytest

from model_factory.curation.classifier import byte_model, linear
from model_factory.curation.classifier.byte_model import ByteModelSettings
from model_factory.curation.classifier.linear import LinearSettings
from model_factory.curation.filters.words import split_words
from tests.unit.curation.filters.tools import judge

from .planted import HELD_OUT, TUNING, seo_spam
from .settings import CARD
from .tools import prose, rows_of, values_of

LINEAR = LinearSettings(num_features=1 << 16, ngram=2, inverse_penalty=10.0, max_iterations=100)
BYTES = ByteModelSettings(order=4, table_bits=18)


def _labelled():
    good, bad = prose()[::2], seo_spam(TUNING, 80)
    return pl.Series([*good, *bad]), np.array([1] * len(good) + [0] * len(bad))


def test_the_classifier_judges_texts_it_never_saw(tmp_path):
    texts, labels = _labelled()
    model = linear.train(split_words(texts), labels, LINEAR)
    model.save(tmp_path / "model.npz")
    unseen = [*prose()[1::2], *seo_spam(HELD_OUT, 60)]
    settings = {"classifier": {"model_file": str(tmp_path / "model.npz"), "min_probability": 0.5}}
    kept = judge(rows_of(unseen), settings)["kept"].to_list()
    good = len(prose()[1::2])
    assert np.mean(kept[:good]) > 0.95
    assert np.mean(kept[good:]) < 0.2


def test_equal_rows_give_an_equal_classifier_and_labels_matter():
    texts, labels = _labelled()
    words = split_words(texts)
    first, second = (linear.train(words, labels, LINEAR) for _ in range(2))
    assert (first.weights == second.weights).all()
    assert first.bias == second.bias
    shuffled = np.random.default_rng(1).permutation(labels)
    assert np.abs(linear.train(words, shuffled, LINEAR).probabilities(words) - first.probabilities(words)).mean() > 0.2
    with pytest.raises(ValueError, match=r"instead of 0 and 1; give rows of both kinds"):
        linear.train(words, np.ones(len(words), dtype=int), LINEAR)


def test_good_text_surprises_less_than_noise(tmp_path):
    model = byte_model.train(pl.Series(prose()[::2]), BYTES)
    model.save(tmp_path / "model.npz")
    draw = np.random.default_rng(3)
    noise = ["".join(map(chr, draw.integers(33, 127, 2000))) for _ in range(5)]
    shuffled = ["".join(draw.permutation(list(text[:2000]))) for text in prose()[1:20:2]]
    texts = [*prose()[1::2], *noise, *shuffled]
    found = values_of(texts, "perplexity", model_file=str(tmp_path / "model.npz"))["perplexity.max_perplexity"]
    good, bad = found[: len(prose()[1::2])], found[len(prose()[1::2]) :]
    assert np.percentile(good, 95) < 8 < min(bad)
    lower = float(np.median(good))
    settings = {**CARD["perplexity"], "model_file": str(tmp_path / "model.npz"), "min_perplexity": lower}
    kept = (
        judge(rows_of(texts), {"perplexity": settings})
        .group_by("doc_id", maintain_order=True)
        .agg(pl.col("kept").all())
    )
    assert 0.3 < kept["kept"][: len(good)].mean() < 0.6
    assert not kept["kept"][len(good) :].any()


def test_probabilities_of_the_next_byte_sum_to_one():
    """The easiest way to look unsurprised is to give every byte more than its share."""
    model = byte_model.train(pl.Series(["abracadabra " * 9, "another text"]), BYTES)
    for context in ("abrac", "x", "zzzz", "abracadab"):
        follow = [context.encode("latin-1") + bytes([byte]) for byte in range(256)]
        total = 0.0
        for text in follow:
            array, lengths = np.frombuffer(text, dtype=np.uint8), np.array([len(text)])
            total += model._probabilities(array, lengths)[-1]
        assert total == pytest.approx(1.0, abs=1e-6)


def test_the_order_of_the_texts_changes_no_count():
    texts = prose()[:20]
    first, second = (byte_model.train(pl.Series(list(order)), BYTES) for order in (texts, reversed(texts)))
    assert (first.grams == second.grams).all()
    assert (first.kinds == second.kinds).all()
