"""Pictures and pages that the last runs left for people."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from model_factory.erasure.doomed import Doomed
from model_factory.erasure.store import Found
from model_factory.nouns.home import home


def find(doomed: Doomed) -> Sequence[Found]:
    return [
        Found("decks", path.name, 1, 1, path.stat().st_size, "what it shows of them is blanked")
        for path, _ in _changed(doomed)
    ]


def erase(doomed: Doomed) -> None:
    for path, text in _changed(doomed):
        draft = path.with_name(f".{path.name}.draft")
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)


def _changed(doomed: Doomed) -> Iterator[tuple[Path, str]]:
    folder = home() / "decks"
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        changed = doomed.excerpts.redact(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else None
        if changed is not None:
            yield path, changed
