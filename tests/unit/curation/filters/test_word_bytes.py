"""Words as places in a row of bytes are the words that reading text by text gives."""

import re

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from model_factory.curation.filters.word_bytes import Words, words_between_spaces, words_given

_texts = st.lists(st.text(st.sampled_from("ab é→日\n\t…\x00\u3000")), max_size=6)
CLASSES = bytes(1 if chr(byte) in "ab" else 2 if byte > 127 else 0 for byte in range(256))


def _check(words: Words, expected: list[list[str]]) -> None:
    flat = [word for one in expected for word in one]
    assert words.lengths_D.tolist() == [len(one) for one in expected]
    assert words.strings(words.document_T.argsort(kind="stable")).to_list() == flat
    assert words.chars_T.tolist() == [len(word) for word in flat]
    assert dict(zip(words.hashes_T.tolist(), flat, strict=True)) == {
        code: word for word, code in zip(flat, pl.Series(flat, dtype=pl.String).hash().to_list(), strict=True)
    }
    has = [bool(re.search("[ab]", word)) + 2 * (not word.isascii()) for word in flat]
    assert words.flags_T(CLASSES).tolist() == has


@settings(max_examples=150, deadline=None)
@given(_texts)
def test_words_between_spaces(texts):
    _check(
        words_between_spaces(pl.Series(texts, dtype=pl.String)), [re.findall(r"[^\x00-\x20]+", one) for one in texts]
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(_texts, max_size=5))
def test_words_of_the_callers_may_be_empty_or_have_blanks_in_them(lists):
    _check(words_given(pl.Series(lists, dtype=pl.List(pl.String))), lists)


def test_a_part_of_a_column_has_its_own_words():
    texts = pl.Series(["one two", "three", "four five"])
    assert words_between_spaces(texts[1:]).lengths_D.tolist() == [1, 2]
    assert words_given(pl.Series([["x"], ["y", "z"]])[1:]).lengths_D.tolist() == [2]
