"""The filters that a card names, with its parameters and thresholds told apart and checked."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_factory.cards.errors import CardError
from model_factory.curation.filters.registry import FILTERS
from model_factory.curation.filters.rule import Filter, Settings
from model_factory.curation.registry import load, suggest
from model_factory.nouns.home import checkout

# source → filter → threshold → value
Domains = Mapping[str, Mapping[str, Mapping[str, float]]]


@dataclass(frozen=True)
class Chosen:
    """A filter as the card has it. `version` holds the digest of the parameters, so that values measured with
    other ones are never taken for these; thresholds are no part of it."""

    filter: Filter
    parameters: dict[str, Any]
    thresholds: dict[str, float]
    version: str


def load_filters(filters: Mapping[str, Settings], bounded: bool = True) -> dict[str, Chosen]:
    """`filters` as the card has them (name → settings); CardError for an unknown filter, and for a setting that is
    unknown, missing or no number. Thresholds may be missing where they are not `bounded`: measuring needs none."""
    return {
        name: _chosen(name, settings, load(FILTERS, name, "curate.filters"), bounded)
        for name, settings in filters.items()
    }


def check_domains(domains: Domains, chosen: Mapping[str, Chosen]) -> None:
    """CardError where `domains` names a filter that the card does not use or a threshold that it has not."""
    for source, filters in domains.items():
        for name, thresholds in filters.items():
            field = f"curate.domains.{source}.{name}"
            if name not in chosen:
                raise CardError(f"{field}: curate.filters has no such filter; {suggest(name, chosen)}")
            for threshold, value in thresholds.items():
                if threshold in chosen[name].filter.parameters:
                    raise CardError(f"{field}.{threshold}: changes what is measured, not the bound; set it for all")
                _check_known(f"{field}.{threshold}", threshold, chosen[name].filter.thresholds, "threshold")
                _check_number(f"{field}.{threshold}", value)


def _chosen(name: str, settings: Settings, found: Filter, bounded: bool) -> Chosen:
    thresholds = found.thresholds if bounded else ()
    field = f"curate.filters.{name}"
    for setting in settings:
        what = "parameter or threshold" if found.parameters else "threshold"
        _check_known(f"{field}.{setting}", setting, (*found.parameters, *found.thresholds), what)
    for setting in (*found.parameters, *thresholds):
        if setting not in settings:
            raise CardError(f"{field}.{setting}: missing; science has no defaults in code: write it in the card")
    for threshold in thresholds:
        _check_number(f"{field}.{threshold}", settings[threshold])
    parameters = {parameter: settings[parameter] for parameter in found.parameters}
    bounds = {threshold: float(settings[threshold]) for threshold in thresholds}
    return Chosen(found, parameters, bounds, _version(field, found.version, parameters))


def _version(field: str, version: str, parameters: dict[str, Any]) -> str:
    if not parameters:
        return version
    meant = {name: _content(f"{field}.{name}", value) for name, value in parameters.items()}
    digest = hashlib.sha256(json.dumps(meant, sort_keys=True).encode()).hexdigest()
    return f"{version}+{digest[:12]}"


def _content(field: str, value: Any) -> Any:
    """What a parameter means for the version: a file means what is in it, 12 the same as 12.0."""
    if not field.endswith("_file"):
        return float(value) if isinstance(value, int) else value
    location = Path(checkout(), value)
    if not location.is_file():
        raise CardError(f"{field}: there is no file {value!r}; correct the path, relative to the checkout's root")
    return hashlib.sha256(location.read_bytes()).hexdigest()


def _check_known(field: str, name: str, known: tuple[str, ...], what: str) -> None:
    if name not in known:
        raise CardError(f"{field}: no such {what}; {suggest(name, known)}")


def _check_number(field: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        raise CardError(f"{field}: {value!r} is no number; a threshold is compared with measured values")
