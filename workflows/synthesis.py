"""What the newest corpus is about, what it lacks, and documents made to fill the gaps.

`pyflyte run workflows/synthesis.py synthesis --card configs/smoke.md`, after the line has run on the card: the corpus
and the model are those of its newest run. The rows become a source of another card: `kind: iceberg`,
`path: synthesis.rows`, `text_column: text`.
"""

from typing import cast

from flytekit import workflow

from model_factory.cards.card import Card
from model_factory.nouns import Snapshot
from tasks.aside import Aside, open_aside
from tasks.categories import categorise, find_gaps
from tasks.synthesis import synthesise


@workflow
def synthesis(card: Card) -> Snapshot:
    plan = cast(Aside, open_aside(card=card))
    documents, base, lock = plan.documents, plan.base, plan.lock
    categories = categorise(section=plan.categories, documents=documents, checkpoint=base, lock=lock)
    gaps = find_gaps(section=plan.categories, categories=categories, lock=lock)
    return synthesise(
        section=plan.synthesis, documents=documents, categories=categories, gaps=gaps, checkpoint=base, lock=lock
    )
