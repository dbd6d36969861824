"""What benchmarks ask, written down for curation: everything of theirs, nothing of the corpus."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from model_factory import lake
from model_factory.evals.registry import BENCHMARKS, TEXTS, texts_of
from model_factory.evals.texts import write_texts
from tests.unit.evals.world import EVALUATE, lineage

PROMPTS = [("t1", "train", "add one"), ("h1", "heldout", "add two"), ("c1", "combination", "add three")]


@pytest.fixture
def problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FACTORY_HOME", str(tmp_path))
    columns = {name: [row[place] for row in PROMPTS] for place, name in enumerate(("doc_id", "split", "prompt"))}
    return lake.write("rl.problems", pa.table(columns), lineage("problems"))


def test_every_benchmark_says_what_it_asks():
    assert BENCHMARKS.keys() == TEXTS.keys()
    for name in TEXTS:
        assert callable(texts_of(name))
    with pytest.raises(ValueError, match="'human_evil' is not registered; use: bits_per_byte, human_eval"):
        texts_of("human_evil")


def test_questions_and_answers_are_written_and_held_out_text_is_not(problems):
    rows = lake.read(write_texts(EVALUATE, problems, lineage("evaluate", problems))).to_pylist()
    parts = {(row["benchmark"], row["part"]) for row in rows}
    assert parts == {
        ("human_eval", "prompt"),
        ("human_eval", "solution"),
        ("human_eval", "test"),
        ("problems_heldout", "prompt"),
        ("problems_combination", "prompt"),
    }
    asked = {row["doc_id"]: row["text"] for row in rows if row["benchmark"].startswith("problems")}
    assert asked == {"h1": "add two", "c1": "add three"}, "what is trained on is not kept out of training"
    assert len({row["doc_id"] for row in rows if row["benchmark"] == "human_eval"}) == 164


def test_only_what_the_card_names_is_written_and_limits_do_not_count(problems):
    section = replace(EVALUATE, benchmarks=["bits_per_byte", "human_eval"])
    made = write_texts(section, problems, lineage("evaluate", problems))
    assert set(lake.read(made)["benchmark"].to_pylist()) == {"human_eval"}
    fewer = write_texts(replace(section, human_eval_limit=2), problems, lineage("evaluate", problems))
    assert fewer.digest == made.digest
    nothing = write_texts(replace(section, benchmarks=["lm_eval"]), problems, lineage("evaluate", problems))
    assert nothing.num_rows == 0
