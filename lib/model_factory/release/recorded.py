"""Every artifact there is a record of: in the tables' own metadata, and in the log book."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter

from model_factory import lake, ledger
from model_factory.ledger.artifacts import Made
from model_factory.nouns import Checkpoint, Release, Scorecard, Snapshot, Tokenizer

Artifact = Snapshot | Tokenizer | Checkpoint | Scorecard | Release

_NOUNS: Mapping[str, type] = {noun.__name__: noun for noun in (Snapshot, Tokenizer, Checkpoint, Scorecard, Release)}


def noun(made: Made) -> Any:
    """The artifact that a record of the log book holds; TypeError for a kind this release does not know."""
    if made.kind not in _NOUNS:
        raise TypeError(f"the log book holds a {made.kind} named {made.name}; known are: {', '.join(_NOUNS)}")
    return TypeAdapter(_NOUNS[made.kind]).validate_python(made.load())


class Records:
    """The artifacts of this factory by digest, newest first; a record of the log book is opened when asked for."""

    def __init__(self) -> None:
        self.snapshots: dict[str, Snapshot] = {}
        for table in lake.tables():
            for snapshot in lake.history(table):
                known = self.snapshots.get(snapshot.digest)
                if known is None or snapshot.branch == "main" or known.branch != "main":
                    self.snapshots[snapshot.digest] = snapshot
        self.made: dict[str, Made] = {}
        for run in ledger.runs():
            for made in ledger.artifacts(run.run_digest):
                if made.kind != "Snapshot":
                    self.made.setdefault(made.digest, made)

    def at(self, digest: str) -> Artifact | None:
        """The artifact with this digest, or None."""
        if digest in self.snapshots:
            return self.snapshots[digest]
        return noun(self.made[digest]) if digest in self.made else None

    def named(self, reference: str) -> Artifact:
        """The artifact that a reference names: a digest (6 digits or more of it), `table@id`, a table, a
        station's checkpoint ("rl"), or a released model; the newest where there are several.

        LookupError lists what there is.
        """
        if "@" in reference:
            return lake.find(reference)
        digest = next(iter(self._digests(reference)), None)
        if digest is None:
            raise LookupError(f"no artifact {reference!r}; there are: {', '.join(self._names()) or 'none yet'}")
        found = self.at(digest)
        assert found is not None
        return found

    def all(self) -> Iterator[Artifact]:
        yield from self.snapshots.values()
        yield from (noun(made) for made in self.made.values())

    def _digests(self, reference: str) -> Iterator[str]:
        if re.fullmatch(r"[0-9a-f]{6,64}", reference):
            yield from (digest for digest in (*self.made, *self.snapshots) if digest.startswith(reference))
        yield from (made.digest for made in self.made.values() if reference in (made.name, made.kind.lower()))
        if reference in lake.tables():
            yield lake.head(reference).digest

    def _names(self) -> list[str]:
        held = {f"{made.name} ({made.kind.lower()})" for made in self.made.values() if made.kind != "Scorecard"}
        return sorted(held) + sorted({snapshot.table for snapshot in self.snapshots.values()})
