"""Parts of documents in text of any kind: found where they are, and only there."""

import html
import json

import pytest

from model_factory.erasure.excerpts import BLANK, WINDOW, Excerpts

TEXT = 'def visit(self, patient):\n\tname = "Ada <Lovelace> & daughter"\n\treturn self.ward[patient].admit(name)\n'
DOC_ID = "0123456789abcdef0123456789abcdef"
EXCERPTS = Excerpts([DOC_ID], ["ward/visits.py", "a letter.txt"], [TEXT, "tiny text"])


@pytest.mark.parametrize(
    "shown",
    [
        TEXT[20:70],
        html.escape(TEXT[30:80]),
        repr(TEXT[20:90]),
        json.dumps(TEXT)[10:60],
        TEXT.replace("\n\t", "   "),
        f"see library:ward/visits.py ({DOC_ID[:12]})",
        "wards:a letter.txt#3",
        f"sample {DOC_ID}",
        "it said: tiny text.",
        TEXT[40 : 40 + WINDOW],
    ],
)
def test_a_part_is_seen_whatever_shows_it(shown: str) -> None:
    assert EXCERPTS.shows(f"1 of 3 rows disagree, for example {shown} and more")


@pytest.mark.parametrize(
    "other",
    ["nothing of it", "visits.py.bak", "downward/visits.pyc", "0123456789a", TEXT[40 : 40 + WINDOW - 1], "-" * 80, ""],
)
def test_what_is_no_part_is_left_alone(other: str) -> None:
    assert not EXCERPTS.shows(other)
    assert EXCERPTS.redact(other) is None


def test_a_page_loses_the_cells_that_show_it_and_keeps_the_rest() -> None:
    page = (
        f'<table><tr><td>17 kept</td><td>{html.escape(TEXT[:60])}</td></tr><tr title="{DOC_ID}"><td>3</td></tr></table>'
    )
    changed = EXCERPTS.redact(page)
    assert changed == f'<table><tr><td>17 kept</td><td>{BLANK}</td></tr><tr title="{BLANK}"><td>3</td></tr></table>'
    assert EXCERPTS.redact(changed) is None


def test_json_stays_json() -> None:
    value = {"error": f"for example {TEXT[20:80]!r}", "number": 3, "nested": [{"path": "ward/visits.py"}, "other"]}
    changed = EXCERPTS.redact(json.dumps(value))
    assert changed is not None
    assert json.loads(changed) == {"error": BLANK, "number": 3, "nested": [{"path": BLANK}, "other"]}


def test_very_many_documents_are_found_by_longer_parts() -> None:
    texts = [f"{number} sentences of number {number} in a book of {number * 7} pages. " * 400 for number in range(60)]
    many = Excerpts([], [], texts)
    assert all(many.shows(f"for example {text[111 : 111 + 2 * WINDOW]}") for text in texts)
    assert not many.shows("for example a sentence that nobody wrote down anywhere at all")
