"""A trace names what a document shares, from the tables that the corpus was made from."""

import pyarrow as pa
import pytest

from model_factory import lake
from model_factory.nouns import Lineage
from model_factory.release.line import Line
from model_factory.release.shared import shared


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("FACTORY_HOME", str(tmp_path))


def _by(station, *parents):
    return Lineage("f" * 64, station, "c0de", "commit", "image", [parent.as_parent() for parent in parents])


def _spans(other, start, end):
    return {"doc_id": "mine", "other_doc_id": other, "kind": "paragraph", "start_byte": start, "end_byte": end}


def _overlap(doc_id, item, overlap):
    return {"doc_id": doc_id, "benchmark": "human_eval", "item": item, "overlap": overlap, "num_ngrams": 20}


def _line(cut=True):
    texts = [
        lake.stage("clean.documents", pa.table({"doc_id": [doc_id]}), _by("clean"), f"shard-{doc_id}")
        for doc_id in ("mine", "other")
    ]
    spans = [_spans("other", 50, 90), _spans("third", 10, 1030), _spans("other", 1, 2) | {"doc_id": "other"}]
    repeats = lake.write("curated.repeats", pa.Table.from_pylist(spans), _by("deduplicate", *texts))
    if cut:
        texts = [lake.stage("clean.documents", lake.read(one), _by("deduplicate", one, repeats)) for one in texts]
    rows = (
        [_overlap("mine", "HumanEval/1", 0.05), _overlap("mine", "HumanEval/2", 0.25)],
        [_overlap("other", "x", 1.0)],
    )
    overlaps = [
        lake.stage("curated.overlaps", pa.Table.from_pylist(of_it), _by("decontaminate"), f"overlaps-{place}")
        for place, of_it in enumerate(rows)
    ]
    judged = lake.write("curated.contamination", pa.table({"doc_id": ["mine"]}), _by("decontaminate", *overlaps))
    candidate = lake.stage("curated.documents", pa.table({"doc_id": ["mine"]}), _by("curate", *texts, judged))
    return Line("f" * 64, {"candidate": candidate})


def test_passages_and_items_are_named_each_with_its_place_or_share():
    assert [tuple(row.values()) for row in shared(_line(), "mine")] == [
        ("paragraph", "third", "bytes 10 to 1,030, cut unless withheld"),
        ("paragraph", "other", "bytes 50 to 90, cut unless withheld"),
        ("human_eval", "HumanEval/2", "25.0% of 20 n-grams"),
        ("human_eval", "HumanEval/1", "5.0% of 20 n-grams"),
    ]


def test_what_was_never_cut_has_no_passages():
    assert {row["kind"] for row in shared(_line(cut=False), "mine")} == {"human_eval"}
