import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from model_factory.cards.deduplicate import RepeatedPassages, RepeatedSubstrings
from model_factory.curation.dedup.passages import PASSAGES_SCHEMA, passages, repeated_passages
from model_factory.curation.dedup.spans import SPANS_SCHEMA, cut, span_pairs
from model_factory.curation.dedup.substrings import repeated_substrings

LINES, PARAGRAPHS = RepeatedPassages("line", 10), RepeatedPassages("paragraph", 10)


def _frame(texts):
    ids = [f"d{place}" for place in range(len(texts))]
    return pl.DataFrame({"doc_id": ids, "text": texts}, schema={"doc_id": pl.String, "text": pl.String})


def _repeated(texts, settings):
    documents = _frame(texts)
    return repeated_passages(passages(documents, settings), documents["doc_id"], settings)


def test_a_repeated_line_is_named_and_cut():
    texts = ["Ünique first line\nAll rights reserved.\nend", "  All rights  reserved.\nßhort\nAll rights reserved."]
    spans = _repeated(texts, LINES)
    assert spans.schema == SPANS_SCHEMA
    assert spans.select("doc_id", "other_doc_id", "kind").rows() == [("d1", "d0", "line"), ("d1", "d0", "line")]
    assert cut(_frame(texts), spans)["text"].to_list() == [texts[0], "ßhort\n"]


def test_a_repeated_paragraph_is_named_and_cut_whole():
    notice = "This program is free\nsoftware: redistribute it"
    texts = [f"{notice}\n\nfirst\n", f"second text\n \n{notice.replace(' ', '  ')}\n\n\nthird text\n"]
    spans = _repeated(texts, PARAGRAPHS)
    assert spans.select("doc_id", "other_doc_id", "kind").rows() == [("d1", "d0", "paragraph")]
    assert cut(_frame(texts), spans)["text"].to_list() == [texts[0], "second text\n \n\n\nthird text\n"]
    shared = span_pairs(_frame(texts), spans)
    size = len(notice.replace(" ", "  ")) + 1
    assert shared.rows() == [("d1", "d0", "paragraph", pytest.approx(size / len(texts[1])))]


def test_what_only_left_out_documents_hold_stays():
    documents = _frame(["the line they share", "the line they share", "the line they share"])
    found = passages(documents, LINES)
    assert found.schema == PASSAGES_SCHEMA
    assert repeated_passages(found, pl.Series(["d2"]), LINES).is_empty()
    spans = repeated_passages(found, pl.Series(["d2", "d1"]), LINES)
    assert spans.select("doc_id", "other_doc_id").rows() == [("d1", "d2")]


TEXT = st.lists(st.sampled_from(["alpha", "béta", "—", "\n", "\n\n", "gamma delta"]), max_size=12).map(" ".join)


@examples(deadline=None)
@given(st.lists(TEXT, max_size=6), st.sampled_from(["line", "paragraph"]))
def test_every_passage_is_left_exactly_once(texts, unit):
    settings = RepeatedPassages(unit, 5)

    def units(text):
        split = text.split("\n") if unit == "line" else re.split(r"\n[ \t]*(?:\n[ \t]*)+", text)
        return [normal for each in split if len(normal := " ".join(each.split())) >= 5]

    left = cut(_frame(texts), _repeated(texts, settings))["text"].to_list()
    before = [each for text in texts for each in units(text)]
    after = [each for text in left for each in units(text)]
    assert sorted(after) == sorted(set(before))


def _flagged(words, min_words):
    """Documents' words that belong to a run that started before, by comparing all runs."""
    seen, flagged = {}, set()
    place = 0
    for document, row in enumerate(words):
        for start in range(len(row) - min_words + 1):
            run = tuple(row[start : start + min_words])
            first = seen.setdefault(run, place + start)
            if place + start - first >= min_words:
                flagged |= {(document, start + step) for step in range(min_words)}
        place += len(row) + 1
    return flagged


BREAK = st.sampled_from([" ", "\n", " — ", "…", "(é) "])


@examples(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.tuples(st.sampled_from(["a", "b", "ü", "日本"]), BREAK), max_size=25), max_size=5),
    st.integers(2, 6),
)
def test_repeated_runs_are_those_found_by_comparing_all(texts, min_words):
    joined = ["".join(word + broken for word, broken in text) for text in texts]
    spans = repeated_substrings(_frame(joined), RepeatedSubstrings(min_words))
    words = [list(re.finditer(r"\w+", text)) for text in joined]
    expected = _flagged([[word[0] for word in row] for row in words], min_words)
    covered = set()
    for doc_id, other, _, start, end in spans.rows():
        document = int(doc_id[1:])
        content = joined[document].encode()
        before = len(re.findall(r"\w+", content[:start].decode()))
        length = len(re.findall(r"\w+", content[start:end].decode()))
        covered |= {(document, before + step) for step in range(length)}
        opening = re.findall(r"\w+", content[start:end].decode())[:min_words]
        held = re.findall(r"\w+", joined[int(other[1:])])
        assert any(held[place : place + min_words] == opening for place in range(len(held)))
    assert covered == expected


def test_a_long_quotation_is_cut_where_it_stands_again(stdlib):
    texts = [text for text in stdlib["text"] if text.isascii() and 3000 < len(text) < 9000][:60]
    quoted = " ".join(texts[3].split()[40:140])
    settings = RepeatedSubstrings(50)
    # What modules already share (licences) is there in both runs.
    documents = _frame([*texts, f"{texts[5][:200]} quote: {quoted} :unquote"])
    spans = repeated_substrings(documents, settings).filter(doc_id="d60", other_doc_id="d3")
    assert spans.height == 1
    removed = documents["text"][60].encode()[spans["start_byte"][0] : spans["end_byte"][0]].decode()
    assert re.findall(r"\w+", quoted) == re.findall(r"\w+", removed)
    rest = cut(documents, repeated_substrings(documents, settings))["text"][60]
    assert rest.endswith(":unquote")
    assert "quote:" in rest
    shorter = _frame([texts[3], f"{texts[5][:200]} " + " ".join(quoted.split()[:8])])
    assert repeated_substrings(shorter, settings).is_empty()


def test_no_documents_have_no_repeats():
    assert repeated_substrings(_frame([]), RepeatedSubstrings(3)).is_empty()
    assert repeated_substrings(_frame(["", "one two"]), RepeatedSubstrings(3)).is_empty()
    assert _repeated([], LINES).is_empty()
    assert cut(_frame(["as it was"]), SPANS_SCHEMA.to_frame())["text"].to_list() == ["as it was"]
