import ast
import unicodedata
import warnings
from collections import Counter

import ftfy
import polars as pl
import pytest
from ftfy.badness import is_bad
from hypothesis import given, settings
from hypothesis import strategies as st

from model_factory.cards.errors import CardError
from model_factory.curation.normalise import CHANGE_SCHEMA, normalise
from model_factory.curation.normalise.apply import num_gone
from model_factory.curation.normalise.mojibake import BROKEN

STEPS = {
    "mojibake": {},
    "entities": {},
    "controls": {},
    "unicode": {},
    "white_space": {"max_blank_lines": 2},
    "boilerplate": {},
}


def _documents(*texts: str, language: str = "text") -> pl.DataFrame:
    return pl.DataFrame({"doc_id": [f"{place}" for place in range(len(texts))], "language": language, "text": texts})


def _one(step: str, text: str, language: str = "text") -> str:
    return normalise(_documents(text, language=language), {step: STEPS[step]}).documents["text"][0]


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        ("mojibake", "a cafÃ© and\na café", "a café and\na café"),
        ("mojibake", "l’humanitÃ© â€” doesnâ€™t\nзаголовок", "l’humanité — doesn’t\nзаголовок"),
        ("mojibake", "Größe, naïve, Ångström, 東京, Привет", "Größe, naïve, Ångström, 東京, Привет"),
        ("entities", "Q&amp;A &lt;3 &eacute;", "Q&A <3 é"),
        ("entities", "<p>Q&amp;A</p>", "<p>Q&amp;A</p>"),
        ("controls", "\x1b[31mred\x1b[0m\x00 zero\u200bwidth \ufeffsoft\u00adly", "red zerowidth softly"),
        ("controls", "👩\u200d💻 می\u200cخواهم", "👩\u200d💻 می\u200cخواهم"),
        ("unicode", "e\u0301 \u212b", "é Å"),
        ("unicode", "x² ﬁ", "x² ﬁ"),
        ("white_space", "\n\na  b \t\r\n\n\n\n\n\n    c\u00a0d\u2028e\n\n\n", "a  b\n\n\n    c d\ne\n"),
        ("white_space", "no break at the end", "no break at the end"),
        (
            "boilerplate",
            "Title\nSkip to main content\nHome | About Us | Contact\nText.\n© 2024 Acme\n",
            "Title\nText.\n",
        ),
        ("boilerplate", "Share on Facebook\nWe use cookies to improve things.\nPage 3 of 10\nEnd", "End"),
    ],
)
def test_each_step_repairs_what_is_broken_and_nothing_else(step, before, after):
    assert _one(step, before) == after
    assert _one(step, after) == after


PROSE = (
    "The site uses cookies, and I explain how sessions work.",
    "Copyright law is older than print. It began in Venice.",
    "About the authors who helped us with this page",
    "Click events bubble up through the tree.",
    "(c) the third point of the statute",
    "Log in to the server",
    "To log in, the client sends a token. The server answers.",
    "Read more books, they said.",
    "Loading the model takes a minute",
    "Help yourself; careers are long.",
    "Next we prove the lemma.",
)


@pytest.mark.parametrize("line", PROSE)
def test_prose_about_what_boilerplate_speaks_of_stays(line):
    text = f"First line.\n{line}\nLast line."
    assert _one("boilerplate", text) == text


def test_every_module_of_the_standard_library_stays_the_same_program(stdlib):
    made = normalise(stdlib, STEPS)
    kept = made.changes.filter(~pl.col("withheld"))
    assert made.documents.drop("text").equals(stdlib.drop("text"))
    both = stdlib.with_columns(after=made.documents["text"])
    changed = both.filter(pl.col("text") != pl.col("after"))
    assert set(changed["doc_id"]) == set(kept["doc_id"])
    assert len(changed) > 50
    for text, after in changed.select("text", "after").iter_rows():
        assert _tree(text) == _tree(after)


def _tree(text: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.dump(ast.parse(text))


def test_a_change_that_would_reach_a_literal_is_withheld_and_says_so():
    code = _documents("x = 'cafÃ©'\n", "# cafÃ©\nx = 1\n", "def broken(:  # cafÃ©\n", language="python")
    made = normalise(code, {"mojibake": {}})
    assert made.documents["text"].to_list() == [code["text"][0], "# café\nx = 1\n", code["text"][2]]
    assert dict(made.changes.select("doc_id", "withheld").iter_rows()) == {"0": True, "1": False, "2": True}


def test_markup_and_page_furniture_of_programs_are_their_own():
    code = _documents("x = 'a &amp; b'\n'''\nSkip to content\n'''\n", language="python")
    made = normalise(code, {"entities": {}, "boilerplate": {}})
    assert made.documents.equals(code)
    assert made.changes.is_empty()


def test_the_account_says_which_step_changed_how_much():
    documents = _documents("clean", "cafÃ©\nfine\nsÃ³ \n", "left \nright \n")
    before = documents.clone()
    made = normalise(documents, STEPS)
    assert documents.equals(before)
    assert made.changes.schema == CHANGE_SCHEMA
    found = {(row["doc_id"], row["step"]): (row["num_lines"], row["num_chars"]) for row in made.changes.to_dicts()}
    assert found == {("1", "mojibake"): (2, 2), ("1", "white_space"): (1, 1), ("2", "white_space"): (2, 2)}


def test_polars_suspects_every_line_that_ftfy_would_repair(stdlib):
    words = sorted({word for text in stdlib["text"] for word in text.split() if not word.isascii()})[:4000]
    samples = ["naïve café", "Größe", "“quoted” — dash…", "Привет, мир", "東京", "ελληνικά", "10 € · 5 £", *words]
    broken = [
        sample.encode("utf-8").decode(encoding, errors="replace")
        for sample in samples
        for encoding in ("latin-1", "cp1252", "cp1251", "cp1253", "mac-roman")
    ]
    lines = pl.Series([*samples, *broken])
    suspected = lines.str.contains(BROKEN).to_list()
    repaired = [ftfy.fix_encoding(line) != line for line in lines]
    assert sum(repaired) > 200
    assert [line for line, seen, needed in zip(lines, suspected, repaired, strict=True) if needed and not seen] == []
    assert sum(a != is_bad(b) for a, b in zip(suspected, lines, strict=True)) == 0


def test_composition_is_unicodes_own():
    samples = [
        chr(code) + mark for code in (*range(0x41, 0x250), *range(0x370, 0x530)) for mark in "\u0301\u0308\u0327"
    ]
    made = normalise(_documents(*samples), {"unicode": {}}).documents["text"].to_list()
    assert made == [unicodedata.normalize("NFC", sample) for sample in samples]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ({"mojibak": {}}, r"clean\.normalise: 'mojibak'.*did you mean 'mojibake'"),
        ({"white_space": {}}, r"clean\.normalise\.white_space\.max_blank_lines: missing"),
        ({"unicode": {"form": 1}}, r"clean\.normalise\.unicode\.form: no such parameter"),
    ],
)
def test_a_step_named_wrongly_says_what_there_is(steps, message):
    with pytest.raises(CardError, match=message):
        normalise(_documents("x"), steps)


@settings(max_examples=100, deadline=None)
@given(*(st.lists(st.sampled_from(["", "a", "b "]), max_size=8).map("\n".join) for _ in range(2)))
def test_lines_gone_are_those_that_are_fewer(before, after):
    assert num_gone(before, after) == (Counter(before.split("\n")) - Counter(after.split("\n"))).total()
