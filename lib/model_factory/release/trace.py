"""One document's way from file to score."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from model_factory import lake
from model_factory.blender import BlendLog, Supply, constant
from model_factory.blender.drawn import Ids, draws, training_ids
from model_factory.blender.heldout import is_heldout
from model_factory.blender.log import decode
from model_factory.blender.pack import ONCE
from model_factory.blender.tokenizer import END, load_encoder
from model_factory.cards.sft import Sft
from model_factory.cards.tokenize import Tokenize
from model_factory.curation.exclusions import exclusions_of
from model_factory.nouns import Snapshot
from model_factory.release.document import Document, cleaned, document, text_of
from model_factory.release.line import Line
from model_factory.release.shared import shared

Story = dict[str, Any]


def trace(asked: str) -> Story:
    """What became of a document in the newest run: file → repairs → what it shares with others → verdicts → kept or
    scrapped → sequences → the pretraining steps that saw them → fine-tuning rows and the steps that saw those, or the
    transcripts of a problem → scores.

    `asked` as `document` takes it; LookupError if it names none or several. Every value is plain data.
    """
    line = Line.newest()
    found = document(line, asked)
    sequences = list(_sequences(line, found))
    return {
        "asked": asked,
        "run": line.run_digest,
        "file": _file(found),
        "cleaned": _cleaned(line, found),
        "shared": shared(line, found.doc_id) if found.kind == "document" else [],
        "verdicts": _rows(line.beside("curated.verdicts", "candidate"), found),
        "fate": _fate(line, found),
        "tokens": sequences,
        "steps": _steps(line, {(row["snapshot"], row["sequence_id"]) for row in sequences if row["holds"]}),
        "sft": list(_sft(line, found)),
        "transcripts": _transcripts(line, found),
        "scores": list(_scores(line, found)),
    }


def _file(found: Document) -> dict[str, Any]:
    function = {"function": found.function, "characters": list(found.span)} if found.function else {}
    return {"kind": found.kind, **found.row, **function}


def _cleaned(line: Line, found: Document) -> list[dict[str, Any]]:
    """What repaired the text, and what was replaced by placeholders in it."""
    if found.kind != "document":
        return []
    row = cleaned(line, found.doc_id)
    changes = [
        {"by": one["step"], "what": _extent(one["num_lines"], one["withheld"]), "version": one["version"]}
        for one in row["changes"]
    ]
    return changes + [
        {"by": one["detector"], "what": f"{one['count']} replaced", "version": one["version"]}
        for one in row["redactions"]
    ]


def _extent(num_lines: int, withheld: bool) -> str:
    return "withheld: it would have changed the program" if withheld else f"{num_lines} lines changed"


def _rows(snapshot: Any, found: Document) -> list[dict[str, Any]]:
    """The rows of a table that carry the document's id, without it."""
    if snapshot is None:
        return []
    rows = lake.read(snapshot, row_filter=f"doc_id = '{found.doc_id}'").drop_columns(["doc_id"])
    return rows.to_pylist()


def _fate(line: Line, found: Document) -> dict[str, Any]:
    """Kept, or scrapped by which station for which reason; as a duplicate, of what."""
    if found.kind != "document":
        return {"kept": found.kind == "problem", **({"by": "ingest"} if found.kind == "scrap" else {})}
    if _rows(line.snapshot("curated"), found):
        return {"kept": True}
    reasons = _rows(line.beside("curated.scrap", "candidate"), found)
    excluded = exclusions_of(line.snapshot("curated")).filter(source=found.row["source"]).to_dicts()
    if excluded and not reasons:
        return {"kept": False, "by": "validate", "reason": "source excluded", **excluded[0]}
    of = _rows(line.beside("curated.duplicates", "candidate"), found)
    return {"kept": False, "by": "curate", **(reasons[0] if reasons else {}), **(of[0] if of else {})}


def _trained_on(line: Line) -> list[Snapshot]:
    """The sequences that the base model was trained on: those of the line, then those that amendments brought."""
    first = line.snapshot("sequences")
    return [first, *(one for one in line.parents("base", first.table) if one.digest != first.digest)]


def _sequences(line: Line, found: Document) -> Iterator[dict[str, Any]]:
    """The packed sequences with pieces of the document; `holds` says whether the function is in one of them."""
    for snapshot in _trained_on(line):
        rows = lake.read(snapshot, ["sequence_id", "source", "split", "doc_ids"]).to_pylist()
        mine = [row for row in rows if found.doc_id in row["doc_ids"]]
        names = {row["sequence_id"] for row in mine}
        holding = _holding(line, snapshot, found, names) if found.function and mine else None
        for row in sorted(mine, key=lambda row: row["sequence_id"]):
            yield {
                "sequence_id": row["sequence_id"],
                "snapshot": snapshot.digest,
                "split": row["split"],
                "pieces": row["doc_ids"].count(found.doc_id),
                "documents": len(set(row["doc_ids"])),
                "holds": holding is None or row["sequence_id"] in holding,
            }


def _holding(line: Line, snapshot: Snapshot, found: Document, names: set[str]) -> set[str]:
    """The sequences with a piece that overlaps the function: pieces are found again by their tokens."""
    encoding = load_encoder(line.held["tokenizer"]).encode(text_of(line, found.doc_id))
    first, last = found.span
    inside = [i for i, (start, end) in enumerate(encoding.offsets) if start < last and end > first]
    section = line.section("sequences", "tokenize", Tokenize)
    length, heldout = section.sequence_length, is_heldout(found.doc_id, section.heldout_fraction)
    wanted = [
        np.array(encoding.ids[start : start + length])
        for start in range(0, len(encoding.ids), length - (ONCE if heldout else section.overlap))
        if start <= inside[-1] and start + length > inside[0]
    ]
    rows = lake.read(snapshot, ["sequence_id", "tokens", "boundaries", "doc_ids"]).to_pylist()
    return {
        row["sequence_id"]
        for row in rows
        if row["sequence_id"] in names
        for doc_id, piece in zip(row["doc_ids"], np.split(np.array(row["tokens"]), row["boundaries"][1:]), strict=True)
        if doc_id == found.doc_id
        # A document's last piece has the end of the document behind it.
        if any(np.array_equal(piece[: len(one)], one) for one in wanted)
    }


def _steps(line: Line, wanted: set[tuple[str, str]]) -> list[dict[str, Any]]:
    """The pretraining steps that saw these (snapshot, sequence), by the log that the checkpoint was trained with."""
    if not wanted:
        return []
    ids = {snapshot.digest: training_ids(snapshot) for snapshot in _trained_on(line)}
    return [
        {"station": "pretrain", "step": step, "sequence_id": name, "snapshot": digest}
        for step, digest, name in draws(_log(line, ids), line.checkpoint("base").step, ids, wanted)
    ]


def _log(line: Line, ids: Ids) -> BlendLog:
    """The blend's log; checkpoints of the first release were drawn as their section says, and hold none."""
    base = line.checkpoint("base")
    if base.blend:
        return decode(base.blend.splitlines())
    section, digest = line.section("base", "pretrain", dict), line.snapshot("sequences").digest
    supplies = {source: Supply(digest, len(names)) for source, names in ids[digest].items()}
    return constant(section["seed"], "nested", section["blend"], section["batch_size"], supplies)


def _sft(line: Line, found: Document) -> Iterator[dict[str, Any]]:
    """Executed calls of the document's functions, or the demonstration of a problem, and the steps on them."""
    if found.kind == "problem":
        rows = lake.read(line.snapshot("problems"), ["prompt", "solution"], f"doc_id = '{found.doc_id}'").to_pylist()
        learnt = [{"call": "", "provenance": "demonstration", "answer": row["solution"], **row} for row in rows]
        learnt = [row for row in learnt if row["solution"]]
    else:
        name = found.function.rpartition(".")[2]
        learnt = [row for row in _rows(line.snapshot("executions"), found) if name in ("", row["function"])]
    steps = _sft_steps(line, [(row["prompt"], row["answer"]) for row in learnt])
    for row, seen in zip(learnt, steps, strict=True):
        shown = {key: row[key] for key in ("function", "call", "result", "provenance") if row.get(key)}
        yield {**shown, "prompt": row["prompt"], "answer": row["answer"], "steps": seen}


def _sft_steps(line: Line, pairs: list[tuple[str, str]]) -> list[list[int]]:
    """For each (prompt, answer) the fine-tuning steps that trained on it."""
    if not pairs:
        return []
    from model_factory.trainer.examples import read_examples
    from model_factory.trainer.sft import examples_of_step

    taught = line.checkpoint("taught")
    section = line.section("taught", "sft", Sft)
    encoder = load_encoder(taught.tokenizer)
    end = encoder.token_to_id(END)
    wanted = [[*encoder.encode(prompt).ids, *encoder.encode(answer).ids, end] for prompt, answer in pairs]
    examples = read_examples(
        encoder, line.snapshot("executions"), line.snapshot("problems"), taught.model.context_length
    )
    seen: dict[tuple[int, ...], list[int]] = {tuple(tokens): [] for tokens in wanted}
    for step in range(section.num_steps):
        for example in examples_of_step(section, examples, step):
            steps = seen.get(tuple(example.tokens.tolist()))
            if steps is not None and step not in steps:
                steps.append(step)
    return [seen[tuple(tokens)] for tokens in wanted]


def _transcripts(line: Line, found: Document) -> list[dict[str, Any]]:
    """Every sample of RL on a problem; a document of the corpus has none."""
    if found.kind != "problem":
        return []
    columns = ["step", "sample", "weights_version", "reward", "execution"]
    rows = lake.read(line.snapshot("transcripts"), columns, f"doc_id = '{found.doc_id}'").to_pylist()
    return sorted(rows, key=lambda row: (row["step"], row["sample"]))


def _scores(line: Line, found: Document) -> Iterator[dict[str, Any]]:
    """What each checkpoint scored, and its answers to this document or problem itself where it was asked."""
    for card in line.scorecards:
        items = lake.read(lake.left_of(card.items), row_filter=f"doc_id = '{found.doc_id}'").to_pylist()
        for score in card.scores:
            yield {
                "checkpoint": card.station,
                "benchmark": score.benchmark,
                "metric": score.metric,
                "value": score.value,
                "low": score.low,
                "high": score.high,
                "own": [
                    item["score"]
                    for item in items
                    if item["benchmark"] == score.benchmark and score.metric.endswith(_mode(item["mode"]))
                ],
            }


def _mode(mode: str) -> str:
    """Metrics end with the mode they are of; a likelihood has one metric only."""
    return "" if mode == "likelihood" else mode
