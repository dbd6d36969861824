"""Every suite's figures on documents whose truth is known, and what its expectations make of them."""

import re

import numpy as np
import polars as pl
import pytest
from scipy.spatial.distance import jensenshannon
from tokenizers import pre_tokenizers

from model_factory.cards.validate import ALL
from model_factory.curation.suites.check import Audit
from model_factory.curation.suites.load import asked
from model_factory.curation.suites.profile import PROFILE_SCHEMA, divergences, profile
from model_factory.curation.suites.suite import Audited
from model_factory.curation.suites.token_length import num_pieces
from tests.unit.curation.test_validate import DRIFT, LICENCES, _section

GOOD = pl.DataFrame(
    {
        "source": ["a"] * 8,
        "text": ["def f(x):\n    return x + 1\n" * 10] * 8,
        "language": ["python"] * 8,
        "licence": ["MIT"] * 8,
        "num_chars": [270] * 8,
    }
)
STRINGS = {name: "String" for name in ("source", "text", "language", "licence")}
SETTINGS = {
    "schema": {"columns": {**STRINGS, "num_chars": "Int64"}},
    "nulls": {"max_fraction": {"text": 0.2}},
    "ranges": {"columns": {"num_chars": {"min": 100, "max": 1000}}, "max_outside": 0.2},
    "language_mix": {"shares": {"python": {"min": 0.8}}},
    "duplicate_rate": {"max_fraction": 0.4},
    "token_length": {"percentiles": {"p50": {"min": 50, "max": 500}, "p100": {"max": 500}}},
    "licence_coverage": LICENCES | {"min_allowed": 0.8},
    "drift": DRIFT,
}  # fmt: skip
HALF = pl.int_range(pl.len()) < 4
# Suite → what breaks it, and the failure that it must give.
BROKEN = {
    "schema": (GOOD.with_columns(more=pl.lit(1), num_chars=pl.lit("270")), "num_chars.*String"),
    "nulls": (GOOD.with_columns(text=pl.when(HALF).then(pl.lit("")).otherwise("text")), "text_missing.*observed 0.5"),
    "ranges": (GOOD.with_columns(num_chars=pl.when(HALF).then(7).otherwise("num_chars")), "outside.*observed 0.5"),
    "language_mix": (
        GOOD.with_columns(
            language=pl.when(HALF).then(pl.lit("text")).otherwise("language"),
            num_chars=pl.when(HALF).then(810).otherwise("num_chars"),
        ),
        "python_share.*observed 0.25",
    ),
    "token_length": (GOOD.with_columns(text=pl.col("text").repeat_by(9).list.join("")), "p50_tokens.*observed"),
    "licence_coverage": (
        GOOD.with_columns(licence=pl.when(HALF).then(pl.lit("unknown")).otherwise("licence")),
        "known_fraction.*observed 0.5",
    ),
    "drift": (GOOD.with_columns(num_chars=pl.lit(9000)), "num_chars_divergence.*observed 1"),
}


def _audited(documents, group, repeated=0):
    scrap = pl.DataFrame({"source": ["a"] * repeated, "rule": ["duplicates.exact"] * repeated})
    before = profile(GOOD.lazy().with_columns(group=pl.lit(group)), {"num_chars": "half_octave"})
    strings = pl.Schema({"source": pl.String, "rule": pl.String})
    return Audited(
        documents.lazy().with_columns(group=pl.lit(group)),
        scrap.cast(strings).with_columns(group=pl.lit(group)),
        before,
    )


def _failures(name, audited, group):
    (one,) = asked(_section(**{name: SETTINGS[name]}), name, [group])
    audit = Audit()
    audit.check(name, one.suite.measure(audited, one.settings), [("", asks) for asks in one.expectations], "cure")
    assert audit.num_expectations == len(one.expectations) > 0
    return [str(failure) for failure in audit.failures]


@pytest.mark.parametrize("name", SETTINGS)
def test_every_suite_lets_sound_documents_through(name):
    group = ALL if name == "schema" else "a"
    assert _failures(name, _audited(GOOD, group, repeated=2), group) == []


@pytest.mark.parametrize("name", BROKEN)
def test_every_suite_sees_what_is_wrong(name):
    documents, message = BROKEN[name]
    group = ALL if name == "schema" else "a"
    found = _failures(name, _audited(documents, group), group)
    assert any(re.search(message, one) for one in found), found


def test_duplicates_are_a_share_of_what_the_filters_keep():
    (failure,) = _failures("duplicate_rate", _audited(GOOD, "a", repeated=8), "a")
    assert "observed 0.5" in failure


def test_divergence_is_that_of_scipy():
    draw = np.random.default_rng(3)
    now, before = (pl.LazyFrame({"group": ["a"] * 500, "x": draw.lognormal(mean, 1.5, 500)}) for mean in (3.0, 4.0))
    binned = [profile(one, {"x": "half_octave"}) for one in (now, before)]
    both = binned[0].join(binned[1], on="bin", how="full", suffix="_before").fill_null(0)
    expected = jensenshannon(both["num_documents"], both["num_documents_before"], base=2) ** 2
    row = divergences(*binned).row(0, named=True)
    assert row["divergence"] == pytest.approx(expected, rel=1e-9)
    assert 0.05 < expected < 0.5
    assert (row["num_now"], row["num_before"]) == (500, 500)


def test_nothing_to_compare_with_is_not_judged():
    audited = _audited(BROKEN["drift"][0], "a")
    first = Audited(audited.documents, audited.scrap, pl.DataFrame(schema=PROFILE_SCHEMA))
    assert _failures("drift", first, "a") == []
    few = Audited(audited.documents.head(4), audited.scrap, audited.before)
    assert _failures("drift", few, "a") == []


def test_pieces_are_those_that_the_tokenizer_never_joins(stdlib):
    split = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    rows = stdlib.sort("doc_id").head(40).select("text", pieces=num_pieces(pl.col("text")))
    for text, counted in rows.iter_rows():
        assert counted == pytest.approx(len(split.pre_tokenize_str(text)), rel=0.001)
