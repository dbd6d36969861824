"""The model card: what the model is, what it scored, and what it was made from."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from model_factory.cards.release import Release as Section
from model_factory.evals.compare import Difference
from model_factory.nouns import Checkpoint, Lineage, Lock, Score, Scorecard
from model_factory.release.walk import Node, ancestors

if TYPE_CHECKING:
    from huggingface_hub import EvalResult, ModelCard

_LOAD = """```python
from transformers import AutoModelForCausalLM, AutoTokenizer

model = AutoModelForCausalLM.from_pretrained(folder)
tokenizer = AutoTokenizer.from_pretrained(folder)
```"""


def model_card(
    section: Section,
    checkpoint: Checkpoint,
    scorecards: Sequence[Scorecard],
    differences: Sequence[Difference],
    lineage: Lineage,
    lock: Lock,
) -> "ModelCard":
    """A card with the hub's front matter; nothing is asked of the hub."""
    from huggingface_hub import ModelCard, ModelCardData

    data = ModelCardData(
        language="code",
        license=section.licence.lower(),
        library_name="transformers",
        pipeline_tag="text-generation",
        model_name=section.model_name,
        eval_results=[
            result for card in scorecards if card.checkpoint == checkpoint.digest for result in _results(card)
        ],
    )
    parts = [
        f"---\n{data.to_yaml()}\n---",
        f"# {section.model_name}\n\n{section.description}",
        _shape(checkpoint),
        f"## Use\n\n{_LOAD}",
        _scores(scorecards),
        _compared(differences),
        _made_from(lineage),
        _run(lock, lineage),
    ]
    return ModelCard("\n\n".join(part for part in parts if part) + "\n")


def _results(card: Scorecard) -> "Iterator[EvalResult]":
    from huggingface_hub import EvalResult

    for score in card.scores:
        yield EvalResult(
            task_type="text-generation",
            dataset_type=score.benchmark,
            dataset_name=score.benchmark,
            dataset_revision=score.benchmark_digest,
            metric_type=score.metric,
            metric_value=score.value,
        )


def _shape(checkpoint: Checkpoint) -> str:
    model = checkpoint.model
    return (
        f"A Llama-architecture transformer: {model.num_layers} layers of width {model.hidden_size}, "
        f"{model.num_heads} heads ({model.num_kv_heads} for keys and values), vocabulary {model.vocab_size:,}, "
        f"context {model.context_length:,} tokens. Its last station was {checkpoint.station}, after "
        f"{checkpoint.step:,} steps and {checkpoint.num_tokens:,} tokens in all."
    )


def _scores(scorecards: Sequence[Scorecard]) -> str:
    """Every score of every checkpoint, with its interval."""
    names = dict.fromkeys((score.benchmark, score.metric, score.unit) for card in scorecards for score in card.scores)
    rows = [
        (benchmark, metric, unit, *(_cell(card, benchmark, metric) for card in scorecards))
        for benchmark, metric, unit in names
    ]
    notes = dict.fromkeys(note for card in scorecards for note in card.notes)
    told = "".join(f"\n- {note}" for note in notes)
    table = _table(("benchmark", "metric", "unit", *(card.station for card in scorecards)), rows)
    return f"## Scores\n\nIn brackets the 95 % interval.\n\n{table}\n{told}"


def _cell(card: Scorecard, benchmark: str, metric: str) -> str:
    for score in card.scores:
        if (score.benchmark, score.metric) == (benchmark, metric):
            return f"{score.value:.3f}{_interval(score)} (n = {score.num_items:,})"
    return "–"


def _interval(score: Score) -> str:
    return f" [{score.low:.3f}, {score.high:.3f}]" if score.low is not None and score.high is not None else ""


def _compared(differences: Sequence[Difference]) -> str:
    rows = [
        (
            one.benchmark,
            one.mode,
            f"{one.before} → {one.after}",
            f"{one.difference:+.3f} [{one.low:+.3f}, {one.high:+.3f}]",
            "–" if one.p_value is None else f"{one.p_value:.2g}",
        )
        for one in differences
    ]
    table = _table(("benchmark", "mode", "from → to", "difference", "McNemar p"), rows)
    return f"## What changed\n\nPaired on the same items; 95 % bootstrap interval.\n\n{table}" if rows else ""


def _made_from(lineage: Lineage) -> str:
    shown: set[tuple[str, str, str]] = set()
    lines = [line for node in ancestors(lineage) for line in _branch(node, 0, shown)]
    listed = "\n".join(lines)
    return f"## What it was made from\n\nWhat stands above is not opened again.\n\n{listed}"


def _branch(node: Node, depth: int, shown: set[tuple[str, str, str]]) -> Iterator[str]:
    again = node.identity in shown and bool(node.parents)
    yield f"{'  ' * depth}- {node.kind} `{node.name}` {node.digest[:12]}: {'above' if again else node.facts}"
    shown.add(node.identity)
    if not again:
        for parent in node.parents:
            yield from _branch(parent, depth + 1, shown)


def _run(lock: Lock, lineage: Lineage) -> str:
    modified = ", with changes that were not committed" if lock.dirty else ""
    return (
        f"## The run\n\nCard {lock.card} of {lock.owner} ({lock.team}); run {lock.run_digest}, recipe "
        f"{lock.recipe_digest}, commit {lineage.commit}{modified}. Everything that decided it is in `lock.json`; "
        f"`factory replay {lock.run_digest[:12]}` makes it again."
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
