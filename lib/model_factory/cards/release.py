"""The `release` section: under which name the model leaves the factory."""

from dataclasses import dataclass

from model_factory.cards.section import Section


@dataclass(frozen=True)
class Release(Section):
    """`model_name` is the registered model's; `licence` an SPDX expression for the weights;
    `description` opens the model card."""

    model_name: str
    licence: str
    description: str
