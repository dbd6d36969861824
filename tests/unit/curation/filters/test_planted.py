"""Planted pages are found, clean text and code are left alone; the held-out half was never tuned on."""

import ast

import polars as pl
import pytest

from tests.unit.curation.filters.tools import judge

from .planted import HELD_OUT, TUNING, homework, seo_spam
from .settings import CARD

PLANTED = {"seo_spam": seo_spam, "homework_help": homework}
NUM_PLANTED = 400


def _kept(texts, name):
    rows = pl.DataFrame({"doc_id": [str(place) for place in range(len(texts))], "language": "text", "text": texts})
    return judge(rows, {name: CARD[name]})["kept"]


@pytest.fixture(scope="module")
def clean(stdlib):
    """Every module of the standard library, and the docstrings of a third of them that are long enough for a page."""
    docstrings = set()
    for text in stdlib["text"][::3]:
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        found = (ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, documented))
        docstrings |= {docstring for docstring in found if docstring and len(docstring) > 200}
    return {"code": stdlib["text"].to_list(), "text": sorted(docstrings)}


@pytest.mark.parametrize("half", [TUNING, HELD_OUT])
@pytest.mark.parametrize("name", PLANTED)
def test_planted_pages_are_found(name, half):
    pages = PLANTED[name](half, NUM_PLANTED)
    assert len(set(pages)) > NUM_PLANTED / 2
    assert 1 - _kept(pages, name).mean() >= 0.95


@pytest.mark.parametrize("kind", ["code", "text"])
@pytest.mark.parametrize("name", PLANTED)
def test_clean_text_and_code_are_left_alone(name, kind, clean):
    assert len(clean[kind]) > 800
    assert 1 - _kept(clean[kind], name).mean() <= 0.01


@pytest.mark.parametrize("name", PLANTED)
def test_one_filter_does_not_do_the_others_work(name):
    """Each is about its own kind: a filter that rejects whatever is planted would find the other's pages too."""
    (other,) = set(PLANTED) - {name}
    assert _kept(PLANTED[other](TUNING, NUM_PLANTED), name).mean() > 0.3
