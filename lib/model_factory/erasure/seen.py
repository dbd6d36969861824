"""Which steps saw a document: worked out again, since what a step draws is a pure function of its section."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather

from model_factory import lake, weights
from model_factory.blender import BlendLog, Order, Supply, constant
from model_factory.blender.log import decode
from model_factory.blender.tokenizer import END, load_encoder
from model_factory.cards.sft import Sft
from model_factory.erasure.trained import Trained, trained
from model_factory.lake.references import speaking_of
from model_factory.nouns import Snapshot


@dataclass(frozen=True)
class Saw:
    """A folder of checkpoints that saw the documents: in its own `steps` (from 0), or `through` the step folder that
    it started from."""

    trained: Trained
    steps: list[int]
    through: Path | None

    @property
    def marked(self) -> list[Path]:
        """The step folders whose weights saw them: a checkpoint of n steps saw steps 0 to n − 1."""
        first = 0 if self.through else min(self.steps) + 1
        return [step for step in self.trained.steps() if number(step) >= first]


def number(step: Path) -> int:
    """How many steps of its station a step folder has behind it."""
    return int(step.name.removeprefix("step-"))


def who_saw(doc_ids: Collection[str]) -> list[Saw]:
    """Every folder of checkpoints that saw one of the documents.

    SnapshotGone if the rows that a station trained on can no longer be read, and nobody could tell.
    """
    found: list[Saw] = []
    for one in trained():
        kept = max(map(number, one.steps()), default=0)
        # What was drawn after the newest checkpoint is in no weights that are kept.
        steps = [step for step in _STEPS[one.station](one, doc_ids) if step < kept]
        started_from = {step for saw in found for step in saw.marked}
        through = one.base if one.base in started_from else None
        if steps or through:
            found.append(Saw(one, steps, through))
    return found


def ranges(steps: Collection[int]) -> list[list[int]]:
    """Numbers as [first, last] of every run of them."""
    found: list[list[int]] = []
    for step in sorted(steps):
        if found and step == found[-1][1] + 1:
            found[-1][1] = step
        else:
            found.append([step, step])
    return found


def _pretrain(one: Trained, doc_ids: Collection[str]) -> list[int]:
    """By the log that the newest weights were trained with: amendments, strata and what was left out stand in it."""
    newest = weights.newest(one.folder)
    parents = {parent.digest: parent.uri for parent in one.parents if parent.name == "tokens.sequences"}
    if newest is None or not parents:
        return []
    log = _log(one, newest, next(iter(parents)))
    drawn_from = {supply.snapshot for entry in log.entries for supply in entry.supplies.values()}
    wanted = {digest: _places(lake.left_of(parents.get(digest, digest)), doc_ids) for digest in drawn_from}
    if not any(wanted.values()):
        return []
    order, found = Order(log), []
    for step in range(number(newest)):
        draw = order.step(step)
        held = zip(draw.codes_B, draw.pairs(), strict=True)
        if any(index in wanted[draw.supplies[code].snapshot].get(source, ()) for code, (source, index) in held):
            found.append(step)
    return found


def _log(one: Trained, newest: Path, sequences: str) -> BlendLog:
    """The blend's log; weights of the first release were drawn as their section says, and hold none."""
    text = weights.marker(newest).get("marks", {}).get("blend", "")
    if text:
        return decode(text.splitlines())
    section = one.section(dict)
    uri = next(parent.uri for parent in one.parents if parent.digest == sequences)
    counts = Counter(lake.read(lake.left_of(uri), ["source"], "split = 'train'")["source"].to_pylist())
    supplies = {source: Supply(sequences, count) for source, count in counts.items()}
    return constant(section["seed"], "nested", section["blend"], section["batch_size"], supplies)


def _places(sequences: Snapshot, doc_ids: Collection[str]) -> dict[str, set[int]]:
    """Source → the places, in the order that draws number them, of training rows with one of the documents."""
    rows = lake.read(sequences, ["sequence_id", "source", "doc_ids"], "split = 'train'").sort_by("sequence_id")
    counts, wanted = Counter[str](), dict[str, set[int]]()
    for source, hit in zip(rows["source"].to_pylist(), speaking_of(rows, doc_ids).tolist(), strict=True):
        if hit:
            wanted.setdefault(source, set()).add(counts[source])
        counts[source] += 1
    return wanted


def _sft(one: Trained, doc_ids: Collection[str]) -> list[int]:
    from model_factory.trainer.examples import read_examples
    from model_factory.trainer.sft import examples_of_step

    executions, problems = one.parent("sft.executions"), one.parent("rl.problems")
    if executions is None or problems is None or not one.steps():
        return []
    executed, posed = lake.left_of(executions.uri), lake.left_of(problems.uri)
    learnt = lake.read(executed, ["doc_id", "prompt", "answer"])
    shown = lake.read(posed, ["doc_id", "prompt", "solution"], "split = 'demonstration'")
    pairs = [
        (row["prompt"], row.get("answer", row.get("solution")))
        for rows in (learnt, shown)
        for row in rows.filter(pa.array(speaking_of(rows, doc_ids))).to_pylist()
    ]
    if not pairs:
        return []
    about = weights.marker(one.steps()[-1])
    encoder = load_encoder(about["tokenizer"])
    end = encoder.token_to_id(END)
    wanted = {(*encoder.encode(prompt).ids, *encoder.encode(answer).ids, end) for prompt, answer in pairs}
    examples = read_examples(encoder, executed, posed, about["model"]["context_length"])
    section = one.section(Sft)
    return [
        step
        for step in range(section.num_steps)
        if any(tuple(example.tokens.tolist()) in wanted for example in examples_of_step(section, examples, step))
    ]


def _rl(one: Trained, doc_ids: Collection[str]) -> list[int]:
    """By the transcripts beside the checkpoints: documents of the corpus are no problems, so mostly none."""
    found: set[int] = set()
    for file in sorted(one.folder.glob("transcripts/step-*.arrow")):
        rows = feather.read_table(file, columns=["doc_id", "step"])
        found |= set(rows.filter(pa.array(speaking_of(rows, doc_ids)))["step"].to_pylist())
    return sorted(found)


_STEPS = {"pretrain": _pretrain, "sft": _sft, "rl": _rl}
