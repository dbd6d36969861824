import re

import polars as pl
import pytest

from model_factory import lake
from model_factory.cards.errors import CardError
from model_factory.cards.validate import Expectation, Validate
from model_factory.curation import validate as station
from model_factory.curation.validate import ValidationFailed, validate


@pytest.fixture
def candidate(lineage):
    def stage(ids, chars):
        rows = pl.DataFrame({"doc_id": ids, "text": ["x" * count for count in chars], "num_chars": chars})
        return lake.stage("curated.documents", rows.to_arrow(), lineage("curate"))

    return stage


def _section(*suite):
    return Validate(17, "", list(suite))


SUITE = _section(
    Expectation("expect_table_row_count_to_be_between", min=3),
    Expectation("expect_column_values_to_be_unique", column="doc_id"),
    Expectation("expect_column_values_to_not_be_null", column="text"),
    Expectation("expect_column_values_to_be_between", column="num_chars", min=10, max=100, mostly=0.5),
)


@pytest.fixture
def pages(monkeypatch):
    shown = {}
    monkeypatch.setattr(station.ledger, "show", shown.__setitem__)
    return shown


def test_a_candidate_that_meets_its_suite_is_published(candidate, lineage, pages):
    staged = candidate(["a", "b", "c"], [10, 50, 500])
    published = validate(SUITE, staged, lineage("validate", staged))
    assert published.branch == "main"
    assert published.digest == staged.digest
    assert lake.head("curated.documents") == published
    html = pages["Data Docs"]
    assert "values must be unique" in html
    assert "✔" in html
    assert not re.search(r"https?://|<script|<img|<link", html)


def test_a_candidate_that_fails_stays_on_its_branch(candidate, lineage, pages):
    good = candidate(["a", "b", "c"], [10, 50, 60])
    before = validate(SUITE, good, lineage("validate", good))
    bad = candidate(["a", "a"], [1, 500])
    with pytest.raises(ValidationFailed) as caught:
        validate(SUITE, bad, lineage("validate", bad))
    message = str(caught.value)
    assert "fails 3 of 4 expectations" in message
    assert "expect_table_row_count_to_be_between(min_value 3" in message
    assert "observed 2" in message
    assert "expect_column_values_to_be_unique(column doc_id" in message
    assert "2 of 2 rows disagree, for example 'a'" in message
    assert "num_chars" in message
    assert bad.branch in message
    assert lake.head("curated.documents") == before
    assert lake.read(bad).num_rows == 2
    assert "unexpected values found" in pages["Data Docs"]


@pytest.mark.parametrize(
    ("expectation", "message"),
    [
        (
            Expectation("expect_column_values_to_be_uniqe", column="doc_id"),
            "did you mean 'expect_column_values_to_be_uniq",
        ),
        (Expectation("expect_column_values_to_be_unique", column="docid"), "has no 'docid'; did you mean 'doc_id'"),
        (Expectation("expect_column_values_to_be_unique", column="doc_id", min=3), "takes no min_value; leave it out"),
        (Expectation("expect_column_values_to_not_be_null"), "does not accept these values"),
    ],
)
def test_a_wrong_suite_names_its_line(expectation, message, candidate, lineage):
    staged = candidate(["a"], [10])
    with pytest.raises(CardError, match=message) as caught:
        validate(_section(SUITE.suite[0], expectation), staged, lineage("validate", staged))
    assert "validate.suite[1]" in str(caught.value)
