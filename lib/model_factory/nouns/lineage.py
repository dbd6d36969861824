"""Where an artifact came from."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Parent:
    """An artifact by name and content: enough to find it in the lake, the checkpoints or the log book.

    `kind` is the noun ("Snapshot", "Checkpoint", …), `name` its table, station or source,
    `uri` where it lay when it was read.
    """

    kind: str
    name: str
    digest: str
    uri: str


@dataclass(frozen=True)
class Lineage:
    """Who made an artifact, from what, with which code.

    `run_digest` names the lock in the log book; `code` is the digest of the source the station
    reached; `commit` and `image` say which tree and container ran it.
    """

    run_digest: str
    station: str
    code: str
    commit: str
    image: str
    parents: list[Parent] = field(default_factory=list)
