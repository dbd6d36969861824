"""What every kind of store answers: what it holds of the documents, and that it is gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from model_factory.erasure.doomed import Doomed


@dataclass(frozen=True)
class Found:
    """Something of the documents in a store. `rows` are rows, steps or entries, `files` and `size_bytes` what will be
    rewritten or removed for them; `note` says what becomes of it."""

    store: str
    what: str
    rows: int
    files: int
    size_bytes: int
    note: str


class Store(Protocol):
    """A module under `stores/`. Both functions look at what is there now, so that either can be called again after
    a kill; `erase` leaves nothing that `find` would find."""

    def find(self, doomed: Doomed) -> Sequence[Found]: ...

    def erase(self, doomed: Doomed) -> None: ...
