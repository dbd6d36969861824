import re

import polars as pl
import pytest

from model_factory import lake
from model_factory.cards.card import Card
from model_factory.cards.errors import CardError
from model_factory.cards.parse import parse
from model_factory.cards.validate import Expectation, Validate
from model_factory.curation import validate as station
from model_factory.curation.exclusions import EXCLUSIONS, admitted, exclusions_of
from model_factory.curation.validate import ValidationFailed, baseline, validate
from model_factory.nouns.home import checkout

DRIFT = {"series": "test", "columns": {"num_chars": "half_octave"}, "min_documents": 5, "max_divergence": 0.3}
LICENCES = {"unknown": ["unknown"], "min_known": 0.9, "allowed": ["MIT"], "min_allowed": 0.0}


@pytest.fixture
def pages(monkeypatch):
    shown = {}
    monkeypatch.setattr(station.ledger, "show", shown.__setitem__)
    return shown


@pytest.fixture
def candidate(lineage):
    """Stages documents of the sizes that each source is given, with `changed` columns."""

    def stage(licences=("MIT",), **sources):
        rows = [
            {
                "doc_id": f"{source}{place}",
                "source": source,
                "licence": licences[place % len(licences)] if source == "b" else "MIT",
                "language": "python",
                "text": "word " * (size // 5),
                "num_chars": size,
            }
            for source, sizes in sources.items()
            for place, size in enumerate(sizes)
        ]
        return lake.stage("curated.documents", pl.DataFrame(rows).to_arrow(), lineage("curate"))

    return stage


@pytest.fixture
def audit(lineage, pages):
    """Validates a candidate as the line does, what curation left out beside it."""

    def run(section, staged, repeated=()):
        rows = [{"doc_id": f"x{place}", "source": one, "rule": "duplicates.near"} for place, one in enumerate(repeated)]
        schema = {"doc_id": pl.String, "source": pl.String, "rule": pl.String}
        scrap = lake.write("curated.scrap", pl.DataFrame(rows, schema).to_arrow(), lineage("curate"))
        before = baseline(section, staged)
        parents = [staged, scrap, before] if before else [staged, scrap]
        return validate(section, staged, scrap, before, lineage("validate", *parents))

    return run


def _section(*suite, excludable=(), domains=None, **suites):
    return Validate(17, "", list(suite), suites, domains or {}, list(excludable))


SUITE = _section(
    Expectation("expect_table_row_count_to_be_between", min=3),
    Expectation("expect_column_values_to_be_unique", column="language"),
    Expectation("expect_column_values_to_not_be_null", column="text"),
    Expectation("expect_column_values_to_be_between", column="num_chars", min=10, max=100, mostly=0.5),
)


def test_a_candidate_that_meets_its_suite_is_published_as_it_is(candidate, audit, pages):
    staged = candidate(a=[10, 50, 500])
    published = audit(_section(SUITE.suite[0], SUITE.suite[2], SUITE.suite[3]), staged)
    assert (published.branch, published.digest, published.lineage) == ("main", staged.digest, staged.lineage)
    assert lake.head("curated.documents") == published
    html = pages["Data Docs"]
    assert "values must never be null" in html
    assert "✔" in html
    assert not re.search(r"https?://|<script|<img|<link", html)


def test_a_candidate_that_fails_stays_on_its_branch(candidate, audit, pages):
    before = audit(_section(), candidate(a=[10, 50, 60]))
    bad = candidate(a=[1, 500])
    with pytest.raises(ValidationFailed) as caught:
        audit(SUITE, bad)
    message = str(caught.value)
    assert "fails 3 of 4 expectations" in message
    assert "expect_table_row_count_to_be_between(min_value 3" in message
    assert "observed 2" in message
    assert "expect_column_values_to_be_unique(column language" in message
    assert "2 of 2 rows disagree, for example 'python'" in message
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
def test_a_wrong_suite_names_its_line(expectation, message, candidate, audit):
    with pytest.raises(CardError, match=message) as caught:
        audit(_section(SUITE.suite[0], expectation), candidate(a=[10]))
    assert "validate.suite[1]" in str(caught.value)


def test_a_failing_source_stops_the_run_naming_it(candidate, audit):
    staged = candidate(licences=("unknown", "MIT"), a=[50] * 4, b=[50] * 4)
    with pytest.raises(ValidationFailed) as caught:
        audit(_section(licence_coverage=LICENCES), staged)
    message = str(caught.value)
    # Source b, and the whole table because of it.
    assert "fails 2 of" in message
    for part in ("b: licence_coverage", "min_value 0.9", "observed 0.5", "validate.suites.licence_coverage"):
        assert part in message
    assert "all: licence_coverage" in message
    assert [one.branch for one in lake.history("curated.documents")] == [staged.branch]


def test_an_excludable_source_is_left_out_with_its_reason(candidate, audit, pages):
    staged = candidate(licences=("unknown", "MIT"), a=[50] * 4, b=[50] * 6)
    published = audit(_section(excludable=["b"], licence_coverage=LICENCES), staged)
    assert set(lake.read(published)["source"].to_pylist()) == {"a"}
    assert lake.head("curated.documents") == published
    assert lake.read(staged).num_rows == 10
    assert published.lineage.parents[0] == staged.as_parent()
    assert [one.name for one in published.lineage.parents] == ["curated.documents", "curated.scrap", EXCLUSIONS]
    (row,) = exclusions_of(published).to_dicts()
    assert (row["source"], row["suite"], row["num_documents"]) == ("b", "licence_coverage", 6)
    assert (row["threshold"], row["observed"]) == ("column known_fraction, min_value 0.9", "observed 0.5")
    assert "Left out: b" in pages["Data Docs"]


def test_the_whole_is_judged_without_what_was_left_out(candidate, audit):
    """Of 4 + 40 documents 3 repeat others: too many for what is left, though not for all."""
    rate = {"duplicate_rate": {"max_fraction": 0.1}}
    staged = candidate(licences=("unknown",), a=[50] * 4, b=[50] * 40)
    section = _section(
        excludable=["b"], licence_coverage=LICENCES, domains={"a": {"duplicate_rate": {"max_fraction": 0.5}}}, **rate
    )
    with pytest.raises(ValidationFailed, match="all: duplicate_rate.*observed 0.4286"):
        audit(section, staged, repeated=["a"] * 3)


def test_excluding_every_source_stops_the_run(candidate, audit):
    with pytest.raises(ValidationFailed, match="b: licence_coverage"):
        audit(_section(excludable=["b"], licence_coverage=LICENCES), candidate(licences=("unknown",), b=[50] * 4))


def test_the_blend_leaves_out_what_validation_left_out(candidate, audit):
    pretrain = parse(Card.read(checkout() / "configs/laptop.md")).pretrain
    section = _section(excludable=["b"], licence_coverage=LICENCES)
    whole = audit(section, candidate(a=[50] * 4, b=[50] * 4))
    assert admitted(pretrain, whole) is pretrain
    without = audit(section, candidate(licences=("unknown",), a=[50] * 4, b=[50] * 4))
    blended = _with(pretrain, {"a": 0.6, "b": 0.4})
    assert admitted(blended, without) == _with(pretrain, {"a": 0.6})
    with pytest.raises(CardError, match="pretrain.blend: validation left out b, and no other"):
        admitted(_with(pretrain, {"a": 0.0, "b": 1.0}), without)


def _with(pretrain, blend):
    return type(pretrain)(**{**vars(pretrain), "blend": blend})


def test_drift_is_measured_from_what_was_published_before(candidate, audit, pages):
    section = _section(drift=DRIFT)
    first = candidate(a=[50] * 10, b=[80] * 10)
    assert baseline(section, first) is None
    audit(section, first)
    assert "nothing was published before" in pages["Data Docs"]
    assert baseline(section, first) is None, "a repeated run must compare with what it compared with before"
    moved = candidate(a=[50] * 10, b=[8000] * 10)
    with pytest.raises(ValidationFailed, match=r"b: drift.*max_value 0.3.*observed 1"):
        audit(section, moved)
    assert "nothing was published before" not in pages["Data Docs"]


def test_an_excluded_source_is_compared_with_what_it_was_when_it_was_let_in(candidate, audit):
    section = _section(drift=DRIFT, excludable=["b"], domains={"all": {"drift": {"max_divergence": 1.0}}})
    audit(section, candidate(a=[50] * 10, b=[80] * 10))
    moved = candidate(a=[50] * 10, b=[8000] * 10)
    without = audit(section, moved)
    assert exclusions_of(without)["source"].to_list() == ["b"]
    again = audit(section, moved)
    assert again.digest == without.digest, "the same candidate again gave another result"
    next_week = candidate(a=[52] * 10, b=[8100] * 10)
    assert exclusions_of(audit(section, next_week))["source"].to_list() == ["b"]
    back = candidate(a=[52] * 10, b=[81] * 10)
    assert exclusions_of(audit(section, back)).is_empty()


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (_section(drifts=DRIFT), "validate.suites: 'drifts' is not in the registry; did you mean 'drift'"),
        (_section(drift=DRIFT | {"min_documents": 0}), "validate.suites.drift.min_documents: 0"),
        (_section(nulls={}), "validate.suites.nulls.max_fraction: missing"),
        (
            _section(nulls={"max_fraction": {"txt": 0.0}}),
            "max_fraction.txt: the documents have no such column; did you",
        ),
        (_section(nulls={"max_fraction": {}, "more": 1}), "validate.suites.nulls.more: unknown setting"),
        (_section(domains={"a": {"nulls": {}}}), "validate.domains.a.nulls: validate.suites has no such suite"),
        (_section(drift=DRIFT, domains={"a": {"drift": {"x": 1}}}), "validate.domains.a.drift.x: unknown setting"),
    ],
)
def test_a_wrong_setting_names_its_field(section, message, candidate, audit):
    with pytest.raises(CardError, match=message):
        audit(section, candidate(a=[10]))
