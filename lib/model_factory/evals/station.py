"""The station that measures one checkpoint."""

from collections.abc import Iterator
from contextlib import contextmanager

from model_factory import ledger
from model_factory.cards.evaluate import Evaluate
from model_factory.evals.benchmark import Item, Subject
from model_factory.evals.items import write_items
from model_factory.evals.registry import benchmark
from model_factory.nouns import Checkpoint, Lineage, Score, Scorecard, Snapshot, digest_of


def evaluate(
    section: Evaluate,
    checkpoint: Checkpoint,
    sequences: Snapshot,
    problems: Snapshot,
    documents: Snapshot,
    lineage: Lineage,
) -> Scorecard:
    """Run every benchmark of the section on a checkpoint; all answers go to `evals.items`.

    `sequences` hold the held-out text, `problems` the held-out problems, `documents` the sources that
    the held-out sequences were cut from. Equal arguments give equal scores, intervals included.
    """
    subject = Subject(section, checkpoint, sequences, problems, documents)
    items: list[tuple[str, Item]] = []
    scores: list[Score] = []
    notes: list[str] = []
    with _threads(checkpoint.mesh.threads):
        for name in section.benchmarks:
            result = benchmark(name)(subject)
            items += [(name, item) for item in result.items]
            scores += result.scores
            notes += [result.note] if result.note else []
    ledger.log_metrics({f"{score.benchmark}/{score.metric}": score.value for score in scores}, step=checkpoint.step)
    written = write_items(items, checkpoint.digest, lineage)
    return Scorecard(
        checkpoint=checkpoint.digest,
        station=checkpoint.station,
        scores=scores,
        items=written.as_parent().uri,
        digest=digest_of_scores(checkpoint.digest, scores),
        lineage=lineage,
        notes=notes,
    )


def digest_of_scores(checkpoint: str, scores: list[Score]) -> str:
    """A scorecard's digest: of what was measured and what was found, not of where the items lie."""
    return digest_of([checkpoint, scores])


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """As many threads as the checkpoint's mesh had: their number changes last bits, so it is part of
    what is measured, never of the machine."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
