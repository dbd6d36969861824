"""The suites that a card names, with their settings checked."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from model_factory.cards.errors import CardError
from model_factory.cards.settings import settings_of
from model_factory.cards.validate import ALL, Expectation, Validate
from model_factory.curation.registry import load, suggest
from model_factory.curation.suites.registry import SUITES
from model_factory.curation.suites.suite import Suite


@dataclass(frozen=True)
class Asked:
    """A suite with the settings that some groups (sources, or the whole table) share."""

    name: str
    suite: Suite
    settings: Any
    groups: list[str]

    @property
    def expectations(self) -> list[Expectation]:
        return self.suite.expectations(self.settings)


def check_suites(section: Validate) -> None:
    """CardError for a suite or a setting that is unknown, missing or of the wrong kind, before anything is read."""
    for name in section.suites:
        list(asked(section, name, [ALL, *section.domains]))
    for group, suites in section.domains.items():
        for name in suites:
            if name not in section.suites:
                known = suggest(name, section.suites)
                raise CardError(f"validate.domains.{group}.{name}: validate.suites has no such suite; {known}")


def asked(section: Validate, name: str, groups: list[str]) -> Iterator[Asked]:
    """A suite of the card for `groups`: once with the settings they share, once for each with some of its own."""
    suite: Suite = load(SUITES, name, "validate.suites")
    own = [group for group in groups if name in section.domains.get(group, {})]
    common = [group for group in groups if group not in own]
    if common:
        settings = section.suites[name]
        yield Asked(name, suite, settings_of(f"validate.suites.{name}", suite.settings, settings), common)
    for group in own:
        settings = section.suites[name] | section.domains[group][name]
        yield Asked(name, suite, settings_of(f"validate.domains.{group}.{name}", suite.settings, settings), [group])
