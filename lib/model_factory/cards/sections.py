"""The whole card: its sections in the order of the line."""

from dataclasses import dataclass, field
from typing import Annotated, Optional

from pydantic import Field

from model_factory.cards.bias import Bias
from model_factory.cards.categories import Categories
from model_factory.cards.clean import Clean
from model_factory.cards.curate import Curate
from model_factory.cards.decontaminate import Decontaminate
from model_factory.cards.deduplicate import Deduplicate
from model_factory.cards.evaluate import Evaluate
from model_factory.cards.ingest import Ingest
from model_factory.cards.labels import Labels
from model_factory.cards.placement import Placement
from model_factory.cards.pretrain import Pretrain
from model_factory.cards.problems import Problems
from model_factory.cards.release import Release
from model_factory.cards.rl import Rl
from model_factory.cards.section import STRICT, Section
from model_factory.cards.sft import Sft
from model_factory.cards.sft_data import SftData
from model_factory.cards.synthesis import Synthesis
from model_factory.cards.tokenize import Tokenize
from model_factory.cards.validate import Validate

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


@dataclass(frozen=True)
class Sections:
    """A resolved card. `reuse` maps a station to the hand-set version it is pinned to; `name` is of
    lower-case letters, digits and hyphens (it names the experiment and the launch plan). Sections that may be
    missing are of stations that then hand on what they are given."""

    __pydantic_config__ = STRICT

    name: Name
    owner: str
    team: str
    seed: int
    ingest: Ingest
    clean: Clean
    deduplicate: Deduplicate
    decontaminate: Decontaminate
    curate: Curate
    validate: Validate
    tokenize: Tokenize
    pretrain: Pretrain
    problems: Problems
    sft_data: SftData
    labels: Labels
    sft: Sft
    rl: Rl
    evaluate: Evaluate
    release: Release
    bias: Optional[Bias] = None
    categories: Optional[Categories] = None
    synthesis: Optional[Synthesis] = None
    reuse: dict[str, str] = field(default_factory=dict)
    placement: Placement = field(default_factory=Placement)

    def stations(self) -> dict[str, Section]:
        """The sections that the card has, by station, in the order of the line."""
        found = {station: getattr(self, station) for station in (*STATIONS, *ASIDE)}
        return {station: section for station, section in found.items() if section is not None}


STATIONS = (
    "ingest",
    "clean",
    "deduplicate",
    "decontaminate",
    "curate",
    "validate",
    "bias",
    "tokenize",
    "pretrain",
    "problems",
    "sft_data",
    "labels",
    "sft",
    "rl",
    "evaluate",
    "release",
)
# Stations of workflows beside the line; a card that never runs these leaves them out.
ASIDE = ("categories", "synthesis")
