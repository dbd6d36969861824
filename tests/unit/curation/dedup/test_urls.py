import polars as pl
import pytest

from model_factory.cards.deduplicate import UrlDuplicates
from model_factory.curation.dedup.choose import choose
from model_factory.curation.dedup.urls import page, url_pairs

SETTINGS = UrlDuplicates(ignored_parameters=["utm_*", "fbclid"])


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("http://Example.org/a/", "https://example.org:443/a", True),
        ("https://example.org/a#part", "https://example.org/a?", True),
        ("https://example.org/a?x=1&y=2", "https://example.org/a?y=2&utm_source=m&x=1&fbclid=9", True),
        ("https://example.org/a?x=1", "https://example.org/a?x=2", False),
        ("https://example.org/a", "https://example.org/A", False),
        ("https://example.org/a", "https://example.org:8443/a", False),
        ("https://example.org/a", "https://www.example.org/a", False),
        ("http://[bad", "http://[worse", False),
        ("https://example.org/a?utm=1", "https://example.org/a", False),
    ],
)
def test_which_urls_are_one_page(left, right, same):
    assert (page(left, SETTINGS) == page(right, SETTINGS)) == same


def _frame(urls, start=0):
    ids = [f"d{start + place}" for place in range(len(urls))]
    columns = {"doc_id": ids, "source": ["s"] * len(ids), "path": ids, "url": urls}
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def test_pages_are_paired_with_their_first_and_with_known_ones():
    known = _frame(["https://example.org/a", None, "https://example.org/b"])
    new = _frame(["http://example.org/a/", "", None, "https://example.org/a#x", "https://example.org/c"], start=3)
    pairs = url_pairs(new, SETTINGS, known)
    assert pairs.rows() == [("d3", "d0", "url", 1.0), ("d6", "d0", "url", 1.0)]
    assert choose(pairs, pl.Series(["d3", "d6", "d7"])).rows() == [("d6", "d3", "url", 1.0)]
    assert url_pairs(known, SETTINGS).is_empty()
    assert url_pairs(_frame([]), SETTINGS).is_empty()
