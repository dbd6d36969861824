import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_factory.curation.dedup.windows import windows

WORDS = st.lists(st.sampled_from(["a", "b", "aa", "_", "ü", "日本", "é", "0"]), max_size=12)
BREAKS = st.sampled_from([" ", "\n", " — ", "…", "(", " “", "\t\t", "€"])


def _grams(words, ngram):
    return [tuple(words[place : place + ngram]) for place in range(max(len(words) - ngram + 1, 1))] if words else []


@given(st.lists(st.tuples(WORDS, BREAKS), max_size=8), st.integers(1, 6))
def test_equal_windows_have_equal_hashes_and_no_others(texts, ngram):
    found = windows(pl.Series([broken.join(words) for words, broken in texts], dtype=pl.String), ngram)
    grams = [gram for words, _ in texts for gram in _grams(words, ngram)]
    assert np.diff(found.offsets).tolist() == [len(_grams(words, ngram)) for words, _ in texts]
    assert (
        len(set(zip(grams, found.hashes.tolist(), strict=True))) == len(set(grams)) == len(set(found.hashes.tolist()))
    )


def test_words_are_what_the_regular_expression_finds(stdlib):
    texts = stdlib["text"]
    found = windows(texts, 1)
    words = texts.str.extract_all(r"\w+")
    assert np.diff(found.offsets).tolist() == words.list.len().to_list()
    spelled = words.list.explode(keep_nulls=False, empty_as_null=False)
    assert spelled.n_unique() == len(np.unique(found.hashes))


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_batches_change_nothing(stdlib, size, monkeypatch):
    texts = stdlib["text"].head(60)
    whole = windows(texts, 5)
    monkeypatch.setattr("model_factory.curation.dedup.windows.BATCH_BYTES", size)
    pieces = windows(texts, 5)
    assert np.array_equal(pieces.hashes, whole.hashes)
    assert np.array_equal(pieces.offsets, whole.offsets)


def test_hashes_are_those_of_plain_arithmetic():
    # Stored signatures live as long as these numbers stay the same on every machine and in every version.
    def polynomial(values):
        total = sum(value * pow(0x9E3779B97F4A7C15, place, 1 << 64) for place, value in enumerate(values)) % (1 << 64)
        for _ in range(2):
            total = (total ^ total >> 32) * 0xD6E8FEB86659FD93 % (1 << 64)
        return total ^ total >> 32

    words = [polynomial(word.encode()) for word in ["the", "quick", "ärgerlich", "fox"]]
    expected = [polynomial(words[place : place + 2]) for place in range(3)]
    assert windows(pl.Series(["the quick — ärgerlich (fox)"]), 2).hashes.tolist() == expected
