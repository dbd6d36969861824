"""What every section of a card shares."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import ConfigDict, Field

STRICT = ConfigDict(extra="forbid", strict=False)

Count = Annotated[int, Field(ge=1)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
NonNegative = Annotated[float, Field(ge=0.0)]


@dataclass(frozen=True)
class Section:
    """A station's part of the card: science only, no field has a default in code.

    `seed` is the card's unless the section names its own. `code` is set by the factory, never by
    the card: the digest of the source that the station reaches, or the version the card pins it to.
    Being part of the section it is part of every cache key.
    """

    __pydantic_config__ = STRICT

    seed: int
    code: str


@dataclass(frozen=True)
class Bounded(Section):
    """A section whose station reads any number of documents in bounded memory.

    `memory_bytes` is what it may use beyond the interpreter, its libraries and what their allocators keep
    (about 400 MiB together); the card's own counts for all such sections that set none. It changes when
    files are spilled and batches end, never a result, and so has a default.
    """

    memory_bytes: Count = field(default=1 << 30, kw_only=True)
