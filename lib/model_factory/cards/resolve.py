"""A card to the two things a run needs: its sections with their code, and its lock."""

import dataclasses
import difflib
import functools
import importlib
import subprocess
import sys
from importlib import metadata
from typing import Any, TypeVar

from model_factory.cards.card import Card
from model_factory.cards.errors import CardError
from model_factory.cards.images import image_digests
from model_factory.cards.parse import parse
from model_factory.cards.sections import Sections
from model_factory.cards.source_digest import source_digest
from model_factory.nouns.digest import canonical_json, digest_of
from model_factory.nouns.home import checkout
from model_factory.nouns.lock import Lock
from model_factory.nouns.sources import SourceListing

T = TypeVar("T")

# Where each section's names are looked up: section.field → the registry's "module:attribute".
REGISTRIES = {
    "ingest.sources": "model_factory.curation.sources.registry:SOURCES",
    "clean.normalise": "model_factory.curation.normalise.registry:STEPS",
    "clean.redact": "model_factory.curation.pii.registry:DETECTORS",
    "curate.filters": "model_factory.curation.filters.registry:FILTERS",
    "validate.suites": "model_factory.curation.suites.registry:SUITES",
    "bias.lists": "model_factory.curation.bias.registry:LISTS",
    "categories.embedding": "model_factory.curation.categories.registry:EMBEDDINGS",
    "synthesis.recipes": "model_factory.curation.synthesis.recipes.registry:RECIPES",
    "problems.family": "model_factory.rl.problems.registry:FAMILIES",
    "labels.checks": "model_factory.curation.labels.registry:CHECKS",
    "rl.algorithm": "model_factory.rl.algorithms.registry:ALGORITHMS",
    "rl.rewards": "model_factory.rl.rewards.registry:REWARDS",
    "evaluate.benchmarks": "model_factory.evals.registry:BENCHMARKS",
}


def resolve(card: Card) -> Sections:
    """The card's sections, maps sorted, every name known, `code` filled in.

    `code` is the hand-set version where the card pins the station, else the digest of the source that
    the station reaches, the registry entries it names included.
    """
    sections = _sorted(parse(card))
    code = code_digests(sections)
    return dataclasses.replace(
        sections,
        **{
            station: dataclasses.replace(section, code=sections.reuse.get(station, code[station]))
            for station, section in sections.stations().items()
        },
    )


def code_digests(sections: Sections) -> dict[str, str]:
    """Station → digest of the source it reaches now, whatever the card pins."""
    return {station: source_digest(station, _entries(sections, station)) for station in sections.stations()}


def lock(sections: Sections, listing: SourceListing) -> Lock:
    """Everything that decides the outcome, written down: card, code, raw files, versions, images, commit."""
    science = sections.stations()
    commit, dirty = _commit()
    open_lock = Lock(
        run_digest="",
        recipe_digest="",
        card=sections.name,
        owner=sections.owner,
        team=sections.team,
        seed=sections.seed,
        sections=canonical_json(science),
        placement=canonical_json(sections.placement),
        sources=listing.digest,
        code=code_digests(sections),
        pins=sections.reuse,
        images=image_digests(),
        packages=installed_versions(),
        python=sys.version.split()[0],
        commit=commit,
        dirty=dirty,
    )
    recipe = dataclasses.replace(open_lock, placement="", commit="", dirty=False)
    closed = dataclasses.replace(open_lock, recipe_digest=digest_of(recipe))
    return dataclasses.replace(closed, run_digest=digest_of(closed))


def recipe_of(sections: Sections) -> str:
    """Digest of the science alone: two cards that ask for the same have the same, however they are written."""
    bare = {station: dataclasses.replace(section, code="") for station, section in sections.stations().items()}
    return digest_of(bare)


def section_of(sections: Sections, station: str, kind: type[T]) -> T:
    """A section that the card may leave out; CardError where it did."""
    found = getattr(sections, station)
    if not isinstance(found, kind):
        raise CardError(
            f"{station}: the card has no such section, and what is asked needs it; configs/smoke.md has one"
        )
    return found


@functools.cache
def installed_versions() -> dict[str, str]:
    """Distribution → version of everything importable here, sorted by name."""
    found = {(dist.metadata["Name"] or "").lower(): dist.version.partition("+")[0] for dist in metadata.distributions()}
    found.pop("model-factory", None)
    return dict(sorted((name, version) for name, version in found.items() if name))


def _entries(sections: Sections, station: str) -> list[str]:
    """The registry entries ("module:attribute") that a station's section names."""
    entries: list[str] = []
    for field, registry in REGISTRIES.items():
        owner, _, attribute = field.partition(".")
        if owner == station and owner in sections.stations():
            known = load_registry(registry)
            entries += [_known(field, name, known) for name in _names(getattr(getattr(sections, station), attribute))]
    return entries


def load_registry(path: str) -> dict[str, str]:
    """A registry by its "module:attribute": name → "module:attribute" of the entry."""
    module, _, attribute = path.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _known(field: str, name: str, known: dict[str, str]) -> str:
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    cure = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(sorted(known))}"
    raise CardError(f"{field}: {name!r} is not in the registry; {cure}")


def _names(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [getattr(item, "kind", item) for item in value]


def _sorted(value: Any) -> Any:
    """The same value with every map in key order: the order must not change a cache key."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(
            value, **{f.name: _sorted(getattr(value, f.name)) for f in dataclasses.fields(value)}
        )
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    return value


def _commit() -> tuple[str, bool]:
    """The checkout's commit and whether tracked files differ from it; ("unknown", True) outside git."""

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(checkout()), *arguments], capture_output=True, text=True, timeout=30, check=True
        ).stdout.strip()

    try:
        return git("rev-parse", "HEAD"), bool(git("status", "--porcelain", "--untracked-files=no"))
    except (subprocess.SubprocessError, OSError):
        return "unknown", True
