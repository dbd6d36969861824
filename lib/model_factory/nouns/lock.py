"""A card with nothing left open."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Lock:
    """Everything that decides a run's outcome, written down before it starts.

    `sections` and `placement` are canonical JSON of the resolved card; `sources` the digest of the
    raw files; `code` maps each station to the digest of the source it reaches; `pins` maps the
    stations that the card pins to their hand-set versions; `images` maps image names to digests
    ("unpinned" until resolved). `run_digest` is of all of it, `recipe_digest` of all but
    placement and commit. Operational only: never part of a cache key.
    """

    run_digest: str
    recipe_digest: str
    card: str
    owner: str
    team: str
    seed: int
    sections: str
    placement: str
    sources: str
    code: dict[str, str]
    pins: dict[str, str]
    images: dict[str, str]
    packages: dict[str, str]
    python: str
    commit: str
    dirty: bool
    schema: int = 1
