"""The card opened up: a section for every station, and the lock."""

from typing import NamedTuple, Optional

from flytekit import task

from model_factory.cards.bias import Bias
from model_factory.cards.card import Card
from model_factory.cards.clean import Clean
from model_factory.cards.curate import Curate, Measure
from model_factory.cards.decontaminate import Decontaminate, Matching
from model_factory.cards.deduplicate import Deduplicate, Repeats
from model_factory.cards.evaluate import Evaluate
from model_factory.cards.ingest import Ingest
from model_factory.cards.labels import Labels
from model_factory.cards.pretrain import Pretrain
from model_factory.cards.problems import Problems
from model_factory.cards.release import Release
from model_factory.cards.resolve import lock as lock_of
from model_factory.cards.resolve import resolve as resolve_card
from model_factory.cards.rl import Rl
from model_factory.cards.sft import Sft
from model_factory.cards.sft_data import SftData
from model_factory.cards.tokenize import Tokenize
from model_factory.cards.validate import Validate
from model_factory.curation.labels.station import load_checks
from model_factory.curation.sources import list_sources
from model_factory.curation.suites.load import check_suites
from model_factory.curation.values import measured_part
from model_factory.nouns import Lock, SourceListing
from tasks import card_type as card_type
from tasks import resources
from tasks.images import IMAGES
from tasks.told import told


class Plan(NamedTuple):
    """What a run does: sections by station, the raw files by content, and the lock that pins the rest."""

    listing: SourceListing
    lock: Lock
    ingest: Ingest
    clean: Clean
    deduplicate: Deduplicate
    repeats: Repeats
    matching: Matching
    decontaminate: Decontaminate
    measure: Measure
    curate: Curate
    validate: Validate
    bias: Optional[Bias]
    tokenize: Tokenize
    pretrain: Pretrain
    problems: Problems
    sft_data: SftData
    labels: Labels
    sft: Sft
    rl: Rl
    evaluate: Evaluate
    release: Release


@task(container_image=IMAGES["data"], requests=resources.SMALL)
@told()
def resolve(card: Card) -> Plan:
    sections = resolve_card(card)
    check_suites(sections.validate)
    load_checks(sections.labels)
    listing = list_sources(sections.ingest)
    parts = {
        "repeats": sections.deduplicate.repeats,
        "matching": sections.decontaminate.matching,
        "measure": measured_part(sections.curate),
    }
    made = {"listing": listing, "lock": lock_of(sections, listing), **parts}
    return Plan(**made, **{name: getattr(sections, name) for name in Plan._fields if name not in made})
