"""What a workflow beside the line starts from: its sections, and what the line's newest run on the card ended with."""

from typing import NamedTuple

from flytekit import task

from model_factory.cards.card import Card
from model_factory.cards.categories import Categories
from model_factory.cards.resolve import lock as lock_of
from model_factory.cards.resolve import resolve as resolve_card
from model_factory.cards.resolve import section_of
from model_factory.cards.synthesis import Synthesis
from model_factory.curation.sources import list_sources
from model_factory.nouns import Checkpoint, Lock, Snapshot
from model_factory.release.line import Line
from tasks import card_type as card_type
from tasks import resources
from tasks.images import IMAGES


class Aside(NamedTuple):
    """The corpus and the base model of the newest run of the card, and the sections of the stations beside the line."""

    lock: Lock
    documents: Snapshot
    base: Checkpoint
    categories: Categories
    synthesis: Synthesis


@task(container_image=IMAGES["data"], requests=resources.SMALL)
def open_aside(card: Card) -> Aside:
    sections = resolve_card(card)
    line = Line.newest(sections.name)
    lock = lock_of(sections, list_sources(sections.ingest))
    asked = section_of(sections, "categories", Categories), section_of(sections, "synthesis", Synthesis)
    return Aside(lock, line.snapshot("curated"), line.checkpoint("base"), *asked)
