"""Which steps saw a document: worked out again, since what a step draws is a pure function of its section."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather

from model_factory import lake, weights
from model_factory.blender.order import batch
from model_factory.blender.tokenizer import END, load_encoder
from model_factory.cards.pretrain import Pretrain
from model_factory.cards.sft import Sft
from model_factory.curation.bias.strata import STRATA, reweigh
from model_factory.curation.exclusions import admitted
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
    parent = one.parent("tokens.sequences")
    if parent is None:
        return []
    columns = ["sequence_id", "source", "doc_ids"]
    sequences = lake.left_of(parent.uri)
    rows = lake.read(sequences, columns, "split = 'train'").sort_by("sequence_id")
    hits = speaking_of(rows, doc_ids)
    wanted: dict[str, set[int]] = {}
    counts: dict[str, int] = {}
    for source, hit in zip(rows["source"].to_pylist(), hits.tolist(), strict=True):
        place = counts.get(source, 0)
        counts[source] = place + 1
        if hit:
            wanted.setdefault(source, set()).add(place)
    if not wanted:
        return []
    section = _drawn_by(one.section(Pretrain), sequences)
    return [
        step
        for step in range(section.num_steps)
        if any(
            index in wanted.get(source, ())
            for source, index in batch(section.seed, section.blend, step, section.batch_size, counts)
        )
    ]


def _drawn_by(section: Pretrain, sequences: Snapshot) -> Pretrain:
    """The section as it was trained by: validation may have left sources out, the blend may have been divided."""
    made_from = {parent.name: parent.uri for parent in sequences.lineage.parents}
    if "curated.documents" in made_from:
        section = admitted(section, lake.left_of(made_from["curated.documents"]))
    return reweigh(section, lake.left_of(made_from[STRATA]), sequences) if STRATA in made_from else section


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
