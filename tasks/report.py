"""The end of a run: the table, the comparison, and the log book's list of everything the run holds."""

import sys

from flytekit import Deck, task
from rich.console import Console

from model_factory import ledger
from model_factory.nouns import Checkpoint, Lock, Release, Scorecard, Snapshot, Tokenizer
from model_factory.release.summary import WIDTH, Run, printed, summary
from tasks import resources
from tasks.images import IMAGES


@task(container_image=IMAGES["data"], requests=resources.SMALL, enable_deck=True, deck_fields=())
def report(
    lock: Lock,
    documents: Snapshot,
    candidate: Snapshot,
    curated: Snapshot,
    sequences: Snapshot,
    problems: Snapshot,
    executions: Snapshot,
    transcripts: Snapshot,
    tokenizer: Tokenizer,
    base: Checkpoint,
    taught: Checkpoint,
    reinforced: Checkpoint,
    scorecards: list[Scorecard],
    release: Release,
) -> str:
    run = Run(
        lock, documents, candidate, curated, sequences, problems, executions, transcripts,
        tokenizer, base, taught, reinforced, scorecards, release,
    )  # fmt: skip
    ledger.record_artifacts(lock, run.artifacts())
    Console(width=None if sys.stdout.isatty() else WIDTH).print(summary(run))
    text = printed(run)
    Deck("summary", f"<pre>{text}</pre>")
    return text
