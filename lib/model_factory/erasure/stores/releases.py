"""Releases: they pin nothing that must be forgotten. Their weights stay and say that they saw it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from model_factory import ledger
from model_factory.erasure.doomed import Doomed
from model_factory.erasure.store import Found
from model_factory.ledger.erasures import mark_version
from model_factory.nouns import Release
from model_factory.release.folder import DESCRIPTIONS, README

_HEADING = "## Erased since"


def find(doomed: Doomed) -> Sequence[Found]:
    note = "its hold on snapshots is overridden; version and model card say what was erased"
    return [
        Found("releases", f"{one.model_name} version {one.model_version}", 1, 1, 0, note) for one in _concerned(doomed)
    ]


def erase(doomed: Doomed) -> None:
    """Mark the version in the registry and the model card; the descriptions in the folder name none of them any
    more. Neither is part of a release's digest."""
    for one in _concerned(doomed):
        for name in DESCRIPTIONS:
            _redact(Path(one.uri) / name, doomed)
        _say(Path(one.uri) / README, doomed)
        mark_version(one.model_name, one.model_version, doomed.erasure)


def _concerned(doomed: Doomed) -> Iterator[Release]:
    """Releases of weights that saw them."""
    saw = {str(step) for one in doomed.saw for step in one.marked}
    seen: set[str] = set()
    for run in ledger.runs():
        for made in ledger.artifacts(run.run_digest):
            if made.kind == "Release" and made.digest not in seen:
                seen.add(made.digest)
                found = TypeAdapter(Release).validate_python(made.load())
                if saw & {parent.uri for parent in found.lineage.parents}:
                    yield found


def _redact(file: Path, doomed: Doomed) -> None:
    if file.is_file():
        changed = doomed.excerpts.redact(file.read_text(encoding="utf-8"))
        if changed is not None:
            _replace(file, changed)


def _say(card: Path, doomed: Doomed) -> None:
    if not card.is_file():
        return
    text, erasure = card.read_text(encoding="utf-8"), doomed.erasure
    if erasure.name in text:
        return
    said = f"- {erasure.num_documents} documents that these weights were trained on ({erasure.name}): {erasure.reason}"
    head = "" if _HEADING in text else f"\n{_HEADING}\n\n"
    _replace(card, f"{text.rstrip()}\n{head}{said}\n")


def _replace(file: Path, text: str) -> None:
    draft = file.with_name(f".{file.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)
