"""The end of a run: the table, the comparison, and the log book's list of everything the run holds."""

import sys

from flytekit import Deck, task
from rich.console import Console

from model_factory import ledger
from model_factory.nouns import Checkpoint, Lock, Release, Scorecard, Snapshot, Tokenizer
from model_factory.nouns.home import room
from model_factory.release.picture import picture
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
        lock=lock,
        documents=documents,
        candidate=candidate,
        curated=curated,
        tokenizer=tokenizer,
        sequences=sequences,
        base=base,
        problems=problems,
        executions=executions,
        taught=taught,
        reinforced=reinforced,
        transcripts=transcripts,
        scorecards=scorecards,
        release=release,
    )
    ledger.record_artifacts(lock, run.artifacts())
    Console(width=None if sys.stdout.isatty() else WIDTH).print(summary(run))
    text = printed(run)
    drawn = picture(run)
    Deck("summary", f"<pre>{text}</pre>")
    Deck("line", drawn)
    (room("decks") / "line.svg").write_text(drawn, encoding="utf-8")
    return text
