"""Every artifact there is a record of: in the tables' own metadata, and in the log book."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter

from model_factory import lake, ledger
from model_factory.ledger.artifacts import Made
from model_factory.nouns import Checkpoint, Parent, Release, Scorecard, Snapshot, Tokenizer

Artifact = Snapshot | Tokenizer | Checkpoint | Scorecard | Release

_NOUNS: Mapping[str, type] = {noun.__name__: noun for noun in (Snapshot, Tokenizer, Checkpoint, Scorecard, Release)}


def noun(made: Made) -> Any:
    """The artifact that a record of the log book holds; TypeError for a kind this release does not know."""
    if made.kind not in _NOUNS:
        raise TypeError(f"the log book holds a {made.kind} named {made.name}; known are: {', '.join(_NOUNS)}")
    return TypeAdapter(_NOUNS[made.kind]).validate_python(made.load())


def _left_of(parent: Parent) -> Snapshot | None:
    if parent.kind != "Snapshot":
        return None
    try:
        return lake.left_of(parent.uri)
    except (LookupError, ValueError):
        return None


class Records:
    """The artifacts of this factory, newest first; a record of the log book is opened when asked for."""

    def __init__(self) -> None:
        history = [snapshot for table in lake.tables() for snapshot in reversed(lake.history(table))]
        self.snapshots = sorted(history, key=lambda snapshot: snapshot.branch != "main")
        found = [made for run in ledger.runs() for made in ledger.artifacts(run.run_digest) if made.kind != "Snapshot"]
        self.made = list({(made.kind, made.name, made.digest): made for made in reversed(found)}.values())[::-1]

    def at(self, parent: Parent) -> Artifact | None:
        """The artifact that a parent speaks of: where it lay, what erasing documents left of it there, else one of
        its name and content, else None."""
        by_uri = (one for one in self.snapshots if one.as_parent() == parent)
        by_content = (one for one in self.snapshots if (one.table, one.digest) == (parent.name, parent.digest))
        snapshot = next(by_uri, None) or next(by_content, None) or _left_of(parent)
        if snapshot or parent.kind == "Snapshot":
            return snapshot
        key = (parent.kind, parent.name, parent.digest)
        made = next((one for one in self.made if (one.kind, one.name, one.digest) == key), None)
        return noun(made) if made else None

    def named(self, reference: str) -> Artifact:
        """The artifact that a reference names: a digest (6 digits or more of it), `table@id`, a table, a
        station's checkpoint ("rl"), or a released model; the newest where there are several.

        LookupError lists what there is.
        """
        if "@" in reference:
            return lake.find(reference)
        is_digest = re.fullmatch(r"[0-9a-f]{6,64}", reference)
        for made in self.made:
            named = made.name == reference and made.kind != "Scorecard"
            if named or (is_digest and made.digest.startswith(reference)):
                return noun(made)
        for snapshot in self.snapshots:
            if snapshot.table == reference or (is_digest and snapshot.digest.startswith(reference)):
                return snapshot
        raise LookupError(f"no artifact {reference!r}; there are: {', '.join(self._names()) or 'none yet'}")

    def all(self) -> Iterator[Artifact]:
        yield from self.snapshots
        yield from (noun(made) for made in self.made)

    def _names(self) -> list[str]:
        held = {f"{made.name} ({made.kind.lower()})" for made in self.made if made.kind != "Scorecard"}
        return sorted(held) + sorted({snapshot.table for snapshot in self.snapshots})
