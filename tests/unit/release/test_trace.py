"""The ways of documents through a small line."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import torch
from rich.console import Console

from model_factory import lake
from model_factory.blender.heldout import is_heldout
from model_factory.blender.tokenizer import load_encoder
from model_factory.release.document import span_of
from model_factory.release.lineage import as_story, trace
from model_factory.release.summary import Run, printed
from model_factory.trainer.pretrain import pretrain
from model_factory.trainer.rows import Segment
from model_factory.trainer.sequences import read_sequences
from model_factory.trainer.sft import sft
from tests.unit.evals.world import EVALUATE, TOKENIZE
from tests.unit.release.small_line import OPTIMIZER, PRETRAIN, SFT, by, run_line, write_corpus


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACTORY_HOME", str(tmp_path_factory.mktemp("home")))
        corpus = tmp_path_factory.mktemp("sources")
        write_corpus(corpus)
        yield run_line(corpus)


def row_of(ended: Run, path: str) -> dict[str, Any]:
    rows = lake.read(ended.documents, ["doc_id", "path"]).to_pylist()
    return next(row for row in rows if row["path"].endswith(path))


def test_a_document_is_followed_from_file_to_scores(ended: Run) -> None:
    path = row_of(ended, "textwrap.py")["path"]
    story = trace(f"library:{path}")
    assert story["file"]["licence"] == "PSF-2.0"
    assert {row["rule"]: row["kept"] for row in story["verdicts"]} == {
        "contamination.problems_heldout": True,
        "length.max_chars": True,
        "length.min_chars": True,
    }
    assert story["fate"] == {"kept": True}
    split = "heldout" if is_heldout(story["file"]["doc_id"], TOKENIZE.heldout_fraction) else "train"
    assert {row["split"] for row in story["tokens"]} == {split}
    assert story["transcripts"] == []
    assert {row["checkpoint"] for row in story["scores"]} == {"pretrain", "sft", "rl"}
    for row in story["scores"]:
        card = next(card for card in ended.scorecards if card.station == row["checkpoint"])
        assert row["value"] == card.value(row["benchmark"], row["metric"])


def test_a_doc_id_prefix_a_path_and_a_source_with_path_are_the_same(ended: Run) -> None:
    row = row_of(ended, "textwrap.py")
    stories = [trace(asked) for asked in (row["doc_id"][:10], row["path"], f"library:{row['path']}")]
    assert [story | {"asked": ""} for story in stories] == [stories[0] | {"asked": ""}] * 3


def test_the_steps_are_those_that_training_really_drew(ended: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretraining again, watched: the rows that its learner is given, not the order that predicts them."""
    from model_factory.trainer import pretrain as module

    training = read_sequences(ended.sequences, "train")
    seen: list[set[bytes]] = []
    original = module.microbatches

    def watched(segments: Any, length: int) -> Any:
        seen.append({one.tokens.tobytes() for row in segments for one in row})
        return original(segments, length)

    monkeypatch.setattr(module, "microbatches", watched)
    # Another weight decay makes another folder, but draws the same rows.
    other = replace(PRETRAIN, optimizer=replace(OPTIMIZER, weight_decay=0.01))
    pretrain(other, ended.sequences, ended.tokenizer, by("pretrain"))
    pieces: dict[str, set[bytes]] = {}
    for index, name in enumerate(training.ids):
        pieces[name] = {one.tokens.tobytes() for one in training.segments(index)}
    drawn = [{name for name, of_it in pieces.items() if of_it <= step} for step in seen]
    assert len(drawn) == PRETRAIN.num_steps
    told = 0
    for row in lake.read(ended.curated, ["doc_id"]).to_pylist()[::4]:
        story = trace(row["doc_id"])
        mine = {one["sequence_id"] for one in story["tokens"] if one["split"] == "train"}
        expected = {(step, name) for step, names in enumerate(drawn) for name in names & mine}
        assert {(one["step"], one["sequence_id"]) for one in story["steps"]} == expected
        told += len(expected)
    assert told > 0


def test_a_function_is_in_the_sequences_that_spell_it(ended: Run) -> None:
    path = row_of(ended, "textwrap.py")["path"]
    story = trace(f"library:{path}::dedent")
    text = lake.read(ended.curated, ["text"], f"doc_id = '{story['file']['doc_id']}'")["text"][0].as_py()
    first, last = story["file"]["characters"]
    assert text[first:last].startswith("def dedent(text):")
    encoder = load_encoder(ended.tokenizer)
    rows = {row["sequence_id"]: row for row in lake.read(ended.sequences).to_pylist()}
    holding = [row["sequence_id"] for row in story["tokens"] if row["holds"]]
    assert 0 < len(holding) < len(story["tokens"])
    spelled = "".join(_own_text(encoder, rows[name], story["file"]["doc_id"]) for name in holding)
    for line in text[first:last].splitlines():
        if len(line) > 20:
            # Pieces are cut between tokens, so a line may be spread over two of them.
            assert line[:12] in spelled or line[-12:] in spelled
    whole = trace(f"library:{path}")
    assert len(whole["steps"]) >= len(story["steps"])


def _own_text(encoder: Any, row: dict[str, Any], doc_id: str) -> str:
    pieces = np.split(np.array(row["tokens"]), row["boundaries"][1:])
    return "".join(
        encoder.decode(list(piece)) for one, piece in zip(row["doc_ids"], pieces, strict=True) if one == doc_id
    )


def test_an_executed_function_is_followed_to_the_steps_that_learnt_it(
    ended: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from model_factory.trainer import sft as module

    seen: list[list[Segment]] = []
    original = module.examples_of_step

    def watched(*arguments: Any) -> list[Segment]:
        seen.append(original(*arguments))
        return seen[-1]

    monkeypatch.setattr(module, "examples_of_step", watched)
    other = replace(SFT, optimizer=replace(OPTIMIZER, weight_decay=0.01))
    sft(other, ended.base, ended.executions, ended.problems, by("sft"))
    monkeypatch.undo()
    encoder = load_encoder(ended.tokenizer)
    texts = [{encoder.decode(example.tokens.tolist()) for example in step} for step in seen]
    rows = lake.read(ended.executions).to_pylist()
    assert rows
    learnt = 0
    for row in rows:
        story = trace(f"{row['path']}::{row['function']}")
        told = next(one for one in story["sft"] if one["call"] == row["call"])
        assert (told["result"], told["provenance"]) == (row["result"], row["provenance"])
        expected = [step for step, of_it in enumerate(texts) if row["prompt"] + row["answer"] in of_it]
        assert told["steps"] == expected
        learnt += len(expected)
    assert learnt > 0


def test_a_problem_is_followed_to_its_transcripts_and_answers(ended: Run) -> None:
    rows = lake.read(ended.transcripts).to_pylist()
    story = trace(rows[0]["doc_id"][:16])
    mine = [row for row in rows if row["doc_id"] == rows[0]["doc_id"]]
    assert [(one["step"], one["sample"], one["reward"]) for one in story["transcripts"]] == sorted(
        (row["step"], row["sample"], row["reward"]) for row in mine
    )
    heldout = lake.read(ended.problems, ["doc_id"], "split = 'heldout'")["doc_id"][0].as_py()
    own = [row["own"] for row in trace(heldout)["scores"] if row["metric"] == "pass_at_1_sampled"]
    assert [len(one) for one in own] == [EVALUATE.num_samples] * 3


def test_a_held_out_document_was_in_no_step_and_has_scores_of_its_own(ended: Run) -> None:
    rows = lake.read(ended.sequences, ["split", "doc_ids"]).to_pylist()
    doc_id = next(row["doc_ids"][0] for row in rows if row["split"] == "heldout")
    story = trace(doc_id)
    assert story["steps"] == []
    assert {row["split"] for row in story["tokens"]} == {"heldout"}
    items = lake.read(lake.find(ended.scorecards[0].items), row_filter=f"doc_id = '{doc_id}'")
    own = next(row["own"] for row in story["scores"] if row["benchmark"] == "bits_per_byte")
    assert own == items["score"].to_pylist()


def test_what_was_scrapped_says_why(ended: Run) -> None:
    short = trace(row_of(ended, "zz_short.py")["path"])
    assert short["fate"] | {"value": 0} == {
        "kept": False, "by": "curate", "source": "library", "path": short["file"]["path"], "reason": "length",
        "rule": "length.min_chars", "value": 0, "threshold": 400.0, "version": short["fate"]["version"],
    }  # fmt: skip
    copy = trace(row_of(ended, "zz_copy.py")["path"])
    assert copy["fate"]["reason"] == "exact_duplicate"
    assert copy["fate"]["kept_doc_id"] == row_of(ended, "bisect.py")["doc_id"]
    assert (copy["tokens"], copy["steps"], copy["sft"]) == ([], [], [])


def test_every_story_can_be_told_and_written_as_json(ended: Run) -> None:
    ids = lake.read(ended.documents, ["doc_id"])["doc_id"].to_pylist()
    problem = pc.min(lake.read(ended.problems, ["doc_id"])["doc_id"]).as_py()
    for doc_id in (*ids[:3], problem):
        story = trace(doc_id)
        assert json.loads(json.dumps(story)) == story
        console = Console(width=160, file=open("/dev/null", "w"), record=True)  # noqa: SIM115
        console.print(as_story(story))
        assert f"{ended.scorecards[0].scores[0].value:.3f}" in console.export_text()


def test_what_is_not_there_or_not_one_is_said(ended: Run) -> None:
    with pytest.raises(LookupError, match=r"no document 'nowhere\.py'.*source:path"):
        trace("nowhere.py")
    path = row_of(ended, "textwrap.py")["path"]
    with pytest.raises(LookupError, match=r"no function 'undent'; there are: .*dedent"):
        trace(f"{path}::undent")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_function_spans_its_own_lines_whatever_ends_them(end: str) -> None:
    lines = ["import os", "\f", "class A:", "    def f(self):", "        return '\x0c'", "", "def g():", "    return 2"]
    text = end.join(lines)
    first, last = span_of(text, "A.f")
    assert text[first:last] == f"    def f(self):{end}        return '\x0c'{end}"
    assert span_of(text, "f") == (first, last)
    first, last = span_of(text, "g")
    assert text[first:last] == f"def g():{end}    return 2"


def test_a_name_that_two_methods_have_must_be_told_apart() -> None:
    text = "class A:\n    def f(self): ...\nclass B:\n    def f(self): ...\n"
    with pytest.raises(LookupError, match=r"any of A\.f, B\.f"):
        span_of(text, "f")


def test_a_rule_that_takes_most_of_a_source_is_named_in_the_summary(ended: Run) -> None:
    assert "before you use what is left" not in printed(ended)
    other = replace(ended.candidate.lineage, run_digest="b" * 64)
    rows = lake.read(ended.documents, ["doc_id", "source", "path"]).to_pylist()
    failed = {"reason": "length", "rule": "length.min_chars", "value": 1.0, "threshold": 2.0, "version": "1"}
    eaten = [row | failed for row in rows[: len(rows) * 2 // 3]]
    lake.write("curated.scrap", pa.Table.from_pylist(eaten), other)
    told = printed(replace(ended, candidate=replace(ended.candidate, lineage=other)))
    assert f"length.min_chars dropped {len(eaten)} of {len(rows)} documents of library" in told
