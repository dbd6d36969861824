"""Gopher, C4 and FineWeb against slow counting by hand, and on real texts."""

import re
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_factory.curation.filters.measure import measure
from model_factory.curation.filters.words import split_words

from .settings import CARD
from .tools import judged, prose, values_of

PROSE = ["gopher_quality", "gopher_repetition", "c4", "fineweb"]
STOP_WORDS = set(CARD["gopher_quality"]["stop_words"])


# Modules of the standard library that are no prose, or hardly anything else than the same again.
BAD = {
    "gopher_quality": "encodings/cp",
    "gopher_repetition": "ctypes/test/test_(buffers|functions|returnfuncptrs|varsize_struct)|contextvars|dbm/ndbm",
    "c4": "encodings/cp",
    "fineweb": "encodings/cp",
}


@pytest.mark.parametrize("name", PROSE)
def test_prose_is_kept_and_what_is_none_rejected(name, stdlib):
    bad = stdlib.filter(pl.col("path").str.contains(f"^(?:{BAD[name]})"))["text"].to_list()
    assert len(bad) >= 6
    assert judged(bad, name).mean() < 0.2
    assert judged(prose(), name).mean() > 0.75


@pytest.mark.parametrize(
    ("name", "rule", "text"),
    [
        ("gopher_quality", "min_words", "Too short to be a page of anything."),
        ("gopher_quality", "max_words", "the word and " * 40000),
        ("gopher_quality", "min_mean_word_chars", "I am to be or to go as it is at an ox of a " * 20),
        ("gopher_quality", "max_mean_word_chars", "the internationalisation of incomprehensibilities " * 40),
        ("gopher_quality", "hash_ratio", "the #topic and that " * 40),
        ("gopher_quality", "ellipsis_ratio", "the topic... and that… with " * 40),
        ("gopher_quality", "bullet_lines", "- the topic and that\n  • with more of it\n" * 40),
        ("gopher_quality", "ellipsis_lines", "the topic and that with more of it ...\nplain line here\n" * 40),
        ("gopher_quality", "alphabetic_words", "the topic 12 13 14 15 and that " * 40),
        ("gopher_quality", "stop_words", "alpha beta gamma the delta epsilon " * 40),
        ("fineweb", "terminal_lines", "a line of a menu without an end\n" * 20),
        ("fineweb", "short_lines", "\n".join(f"short {number}." for number in range(20))),
        ("fineweb", "duplicate_line_chars", "This line is here.\nThis line is here.\nAnd this one is too."),
        ("fineweb", "line_breaks", "One\ntwo\nthree\nfour."),
        ("fineweb", "num_lines", " \n\n "),
        ("c4", "sentences", "This is one. This is two. This is three. This is four."),
        ("c4", "lorem_ipsum", "A line of prose. " * 6 + "\nLorem ipsum dolor sit amet."),
        ("c4", "curly_bracket", "A line of prose. " * 6 + "\nThe set {a, b} is closed."),
    ],
)
def test_every_bound_rejects_what_it_is_for(name, rule, text):
    rejected = judged([text], name, f"{name}.{rule}")
    assert rejected.to_list() == [False]
    assert judged(prose(), name, f"{name}.{rule}").mean() > 0.5


def test_c4_counts_only_lines_of_prose():
    good = "This is a sentence. Here is another! Is this one? It says e.g. this. Mr. Smith said so."
    lines = [
        "Menu",
        good,
        good + "[1]",
        "Too short.",
        "Enable javascript to see this page.",
        "We use cookies, see here.",
    ]
    lines += [f"This has one endless {'x' * 1001} word.", "It trails off ..."]
    assert values_of(["\n".join(lines)], "c4")["c4.sentences"] == [10.0]


def _slow_quality(text):
    words = text.split()
    speaking = [word for word in words if re.search(r"[^\W_]|[^\x00-\x7f]", word)]
    mean = sum(map(len, speaking)) / max(len(speaking), 1)
    letters = sum(any(character.isalpha() for character in word) for word in words)
    return len(speaking), mean, letters / max(len(words), 1), len(STOP_WORDS & set(words))


def test_gopher_quality_agrees_with_counting_by_hand():
    texts = [text for text in prose() if text.isascii()]
    found = values_of(texts, "gopher_quality")
    rules = ("min_words", "min_mean_word_chars", "alphabetic_words", "stop_words")
    measured = list(zip(*(found[f"gopher_quality.{rule}"] for rule in rules), strict=True))
    for text, values in zip(texts, measured, strict=True):
        assert values == pytest.approx(_slow_quality(text))


def _slow_repetition(text):
    """Line by line after the paper and datatrove's reading of it."""
    words, values = text.split(), []
    for n in (2, 3, 4):
        grams = Counter(" ".join(words[place : place + n]) for place in range(len(words) - n + 1))
        top = max(grams.items(), key=lambda pair: pair[1], default=("", 0))
        values.append(len(top[0]) * top[1])
    for n in range(5, 11):
        known, place, chars = set(), 0, 0
        while place + n <= len(words):
            gram = tuple(words[place : place + n])
            if gram in known:
                chars += len("".join(gram))
                place += n
            else:
                known.add(gram)
                place += 1
        values.append(chars)
    return [value / max(len(text), 1) for value in values]


def _slow_lines(text):
    def repeated(items):
        again = [item for place, item in enumerate(items) if item in items[:place]]
        return len(again) / max(len(items), 1), sum(map(len, again)) / max(len(text), 1)

    return [*repeated(re.split(r"\n+", text)), *repeated(re.split(r"\n{2,}", text.strip()))]


RULES = [
    "duplicate_lines", "duplicate_line_chars", "duplicate_paragraphs", "duplicate_paragraph_chars",
    *(f"top_{n}_gram" for n in (2, 3, 4)), *(f"duplicate_{n}_grams" for n in range(5, 11)),
]  # fmt: skip


def _agree(texts):
    found = values_of(texts, "gopher_repetition")
    for place, text in enumerate(texts):
        values = [found[f"gopher_repetition.{rule}"][place] for rule in RULES]
        assert values == pytest.approx(_slow_lines(text) + _slow_repetition(text)), text


# Few words, so that n-grams repeat, overlap and run on; a block again and again makes long runs.
_block = st.lists(st.sampled_from(["a", "bb", "c"]), min_size=1, max_size=14).map(" ".join)
_text = st.lists(st.tuples(_block, st.integers(1, 6)), max_size=4).map(
    lambda blocks: "\n".join("\n".join([block] * times) for block, times in blocks)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_text, min_size=1, max_size=5))
def test_gopher_repetition_agrees_with_reading_word_by_word(texts):
    _agree(texts)


def test_gopher_repetition_agrees_on_real_texts(stdlib):
    _agree([*prose()[:40], *stdlib["text"].to_list()[:60], "\na\n\n\nb\n\n\n\na\n", "\n", " \n\n x"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.sampled_from("ab é\n\t…\x00")), max_size=6))
def test_words_are_what_lies_between_white_space(texts):
    expected = [re.findall(r"[^\x00-\x20]+", text) for text in texts]
    assert split_words(pl.Series(texts, dtype=pl.String)).to_list() == expected


def test_words_of_the_callers_are_taken():
    rows = pl.DataFrame({"doc_id": ["a"], "language": ["text"], "text": ["one two"], "words": [["o", "n", "e", "..."]]})
    found = dict(measure(rows, {"gopher_quality": CARD["gopher_quality"]}).select("rule", "value").rows())
    assert found["gopher_quality.min_words"] == 3
    assert found["gopher_quality.min_mean_word_chars"] == 1
