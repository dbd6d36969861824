"""Decontamination through tables: the items that evals wrote, the shards that curation cleaned."""

from dataclasses import replace

import polars as pl
import pytest

from model_factory import lake
from model_factory.cards.decontaminate import Decontaminate, Overlap
from model_factory.curation.decontaminate.station import decontaminate, match_shard
from model_factory.curation.filters.verdicts import VERDICT_SCHEMA
from model_factory.nouns import Lineage

SECTION = Decontaminate(17, "c", 0.5, Overlap(6, 4))
ITEMS = [
    ("q1", "sums", "prompt", "Ada has nine apples and gives four of them to Boris, how many are left?"),
    ("q1", "sums", "solution", "def left(apples, given): return apples - given"),
    ("q2", "sums", "prompt", "too short"),
    ("h1", "names", "prompt", "Which river runs through the old town of Seville?"),
]
DOCUMENTS = [
    ("0" * 32, "Blog: ada has nine apples and gives FOUR of them to boris. How many are left? Five."),
    ("1" * 32, "Ada has nine apples and gives them away, said the other one."),
    ("8" * 32, "A text about nothing that anybody asks."),
    ("f" * 32, "```\ndef left(apples, given):\n    return apples - given\n```"),
]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("FACTORY_HOME", str(tmp_path))


def _by(station):
    return Lineage("f" * 64, station, "c0de", "commit", "image", [])


def _benchmarks(items=ITEMS):
    rows = pl.DataFrame(items, schema=["doc_id", "benchmark", "part", "text"], orient="row")
    return lake.write("evals.benchmarks", rows.with_columns(digest=pl.col("text")).to_arrow(), _by("evaluate"))


def _shards():
    rows = pl.DataFrame(DOCUMENTS, schema=["doc_id", "text"], orient="row")
    rows = rows.with_columns(source=pl.lit("s"), path=pl.col("doc_id").str.slice(0, 1))
    parts = (rows.head(2), rows.tail(2))
    return [lake.stage("clean.documents", part.to_arrow(), _by("clean"), f"shard-{i}") for i, part in enumerate(parts)]


def _match(section, shards, benchmarks):
    return [match_shard(section.matching, shard, benchmarks, _by("decontaminate")) for shard in shards]


def _judged(section, shards, benchmarks, overlaps):
    made = decontaminate(section, shards, benchmarks, overlaps, _by("decontaminate"))
    return pl.DataFrame(lake.read(made))


def test_every_document_has_a_verdict_on_every_benchmark():
    shards, benchmarks = _shards(), _benchmarks()
    found = _judged(SECTION, shards, benchmarks, _match(SECTION, shards, benchmarks))
    assert found.schema == VERDICT_SCHEMA
    assert found.height == len(DOCUMENTS) * 2
    condemned = found.filter(~pl.col("kept"))
    assert [(row[0][0], row[1], row[2]) for row in condemned.rows()] == [
        ("0", "contamination.sums", 1.0),
        ("f", "contamination.sums", 1.0),
    ]
    assert set(found["threshold"]) == {0.5}
    partly = found.filter(pl.col("doc_id").str.starts_with("1"), pl.col("rule") == "contamination.sums")
    assert 0 < partly["value"][0] < 0.5


def test_matches_name_document_item_and_share():
    shards, benchmarks = _shards(), _benchmarks()
    matches = pl.concat([pl.DataFrame(lake.read(one)) for one in _match(SECTION, shards, benchmarks)])
    rows = {(row["doc_id"][0], row["benchmark"], row["item"]): row["overlap"] for row in matches.to_dicts()}
    assert rows.keys() == {("0", "sums", "q1"), ("1", "sums", "q1"), ("f", "sums", "q1")}
    assert rows["0", "sums", "q1"] == 1.0


def test_a_changed_threshold_reads_no_document(monkeypatch):
    shards, benchmarks = _shards(), _benchmarks()
    overlaps = _match(SECTION, shards, benchmarks)
    lower = replace(SECTION, min_share=0.1)
    assert lower.matching == SECTION.matching, "what the shards are matched by is the same"
    read = lake.read
    asked = []

    def counted(snapshot, columns=None, row_filter=None):
        asked.append((snapshot.table, columns))
        return read(snapshot, columns, row_filter)

    monkeypatch.setattr(lake, "read", counted)
    found = _judged(lower, shards, benchmarks, overlaps)
    assert found.filter(~pl.col("kept"))["doc_id"].str.slice(0, 1).to_list() == ["0", "1", "f"]
    assert {tuple(columns) for table, columns in asked if table == "clean.documents"} == {("doc_id", "source", "path")}


def test_versions_move_with_texts_and_ngrams_and_stale_shares_are_refused():
    shards, benchmarks = _shards(), _benchmarks()
    overlaps = _match(SECTION, shards, benchmarks)
    found = _judged(SECTION, shards, benchmarks, overlaps)
    other = replace(SECTION, overlap=Overlap(5, 4))
    with pytest.raises(ValueError, match="are not of the card's items and n-grams, the first of benchmark 'sums'"):
        _judged(other, shards, benchmarks, overlaps)
    longer = _benchmarks([*ITEMS, ("h2", "names", "prompt", "Which mountain stands above the old town of Granada?")])
    again = _judged(SECTION, shards, longer, _match(SECTION, shards, longer))
    before, after = (dict(rows.select("rule", "version").unique().rows()) for rows in (found, again))
    assert before["contamination.sums"] == after["contamination.sums"]
    assert before["contamination.names"] != after["contamination.names"]


def test_nothing_is_looked_for_where_the_card_says_so():
    shards, benchmarks = _shards(), _benchmarks()
    off = replace(SECTION, overlap=None)
    overlaps = _match(off, shards, benchmarks)
    assert [one.num_rows for one in overlaps] == [0, 0]
    assert _judged(off, shards, benchmarks, overlaps).is_empty()


def test_a_missing_shard_is_noticed():
    shards, benchmarks = _shards(), _benchmarks()
    overlaps = _match(SECTION, shards, benchmarks)
    with pytest.raises(ValueError, match="1 shards of overlaps for 2 of documents"):
        _judged(SECTION, shards, benchmarks, overlaps[:1])
