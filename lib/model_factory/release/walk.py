"""From any artifact to the raw files."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from rich.markup import escape
from rich.tree import Tree

from model_factory import lake
from model_factory.blender.log import decode
from model_factory.curation.exclusions import EXCLUSIONS
from model_factory.nouns import Lineage, Parent, Snapshot
from model_factory.release.recorded import Records

RAW = "raw.documents"


@dataclass(frozen=True)
class Node:
    """An artifact and what it was made from. `facts` say how much it is; `used_by` what was made from it.

    `kind` "Files" are the raw files of one source, where every walk ends; a parent that is recorded
    nowhere any more has the fact "no record".
    """

    kind: str
    name: str
    digest: str
    uri: str
    station: str
    run_digest: str
    facts: str
    parents: list["Node"] = field(default_factory=list)
    used_by: list[str] = field(default_factory=list)

    @property
    def identity(self) -> tuple[str, str, str]:
        return self.kind, self.name, self.digest


def walk(reference: str) -> Node:
    """The tree of everything that an artifact was made from, down to the raw files of every source.

    `reference` as `Records.named` takes it; LookupError if there is no such artifact.
    """
    records = Records()
    found = records.named(reference)
    me = found.as_parent()
    used_by = sorted(
        {
            f"{other.kind} {other.name} {other.digest[:12]}"
            for artifact in records.all()
            for other in (artifact.as_parent(),)
            if any(parent.digest == me.digest for parent in artifact.lineage.parents)
        }
    )
    return Walk(records).node(me, used_by)


def ancestors(lineage: Lineage) -> list[Node]:
    """The trees of a lineage's parents."""
    walker = Walk(Records())
    return [walker.node(parent) for parent in lineage.parents]


class Walk:
    """Nodes by what they are of, so that what two artifacts have in common is opened once."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.nodes: dict[Parent, Node] = {}

    def node(self, parent: Parent, used_by: list[str] | None = None) -> Node:
        if parent not in self.nodes or used_by:
            self.nodes[parent] = self._node(parent, used_by or [])
        return self.nodes[parent]

    def _node(self, parent: Parent, used_by: list[str]) -> Node:
        found = self.records.at(parent)
        if found is None:
            return Node(parent.kind, parent.name, parent.digest, parent.uri, "", "", "no record", [], used_by)
        lineage = found.lineage
        parents = [self.node(one) for one in lineage.parents]
        if isinstance(found, Snapshot) and found.table == RAW:
            parents += _files(found)
        me = found.as_parent()
        return Node(
            me.kind, me.name, me.digest, me.uri, lineage.station, lineage.run_digest, _facts(found), parents, used_by
        )


def as_tree(node: Node) -> Tree:
    """The walk for a terminal; what was shown above is not opened again."""
    shown: set[tuple[str, str, str]] = set()
    tree = Tree(_line(node))
    _grow(tree, node, shown)
    if node.used_by:
        branch = tree.add("[bold]used by[/bold]")
        for one in node.used_by:
            branch.add(one)
    return tree


def _grow(tree: Tree, node: Node, shown: set[tuple[str, str, str]]) -> None:
    shown.add(node.identity)
    for parent in node.parents:
        if parent.identity in shown and parent.parents:
            tree.add(f"{_line(parent)} [dim](above)[/dim]")
        else:
            _grow(tree.add(_line(parent)), parent, shown)


def _line(node: Node) -> str:
    made = f" [dim]by {node.station}, run {node.run_digest[:12]}[/dim]" if node.station else ""
    return f"{node.kind} [bold]{node.name}[/bold] {node.digest[:12]} {escape(node.facts)}{made}"


def _facts(artifact: Any) -> str:
    if isinstance(artifact, Snapshot):
        return f"{artifact.num_rows:,} rows{_reasons(artifact)}"
    if hasattr(artifact, "step"):
        return f"step {artifact.step:,}, {artifact.num_tokens:,} tokens{_amended(getattr(artifact, 'blend', ''))}"
    if hasattr(artifact, "scores"):
        return f"{len(artifact.scores)} scores"
    if hasattr(artifact, "vocab_size"):
        return f"{artifact.vocab_size:,} entries"
    return f"version {artifact.model_version}"


def _reasons(artifact: Snapshot) -> str:
    """Of sources that validation left out, which and why."""
    if artifact.table != EXCLUSIONS:
        return ""
    rows = lake.read(artifact, ["source", "suite", "threshold", "observed"]).to_pylist()
    return "".join(
        f"; {row['source']} left out: {row['suite']}, {row['observed']} ({row['threshold']})" for row in rows
    )


def _amended(blend: str) -> str:
    """At which steps the blend of a checkpoint's data changed."""
    steps = [str(entry.step) for entry in decode(blend.splitlines()).entries[1:]] if blend else []
    return f", blend amended at step {', '.join(steps)}" if steps else ""


def _files(documents: Snapshot) -> list[Node]:
    """The raw files of each source; nothing where the rows themselves are gone."""
    try:
        rows = lake.read(documents, ["source", "path", "licence", "num_bytes"]).to_pylist()
    except lake.SnapshotGone:
        return []
    nodes = []
    for source in sorted({row["source"] for row in rows}):
        mine = [row for row in rows if row["source"] == source]
        licences = Counter(row["licence"] for row in mine)
        named = ", ".join(licence for licence, _ in licences.most_common(3)) + (" …" if len(licences) > 3 else "")
        paths = sorted({row["path"] for row in mine})
        size = sum(row["num_bytes"] for row in mine)
        facts = f"{len(paths):,} files, {size / 1e6:.1f} MB, {named}, from {paths[0]} to {paths[-1]}"
        nodes.append(Node("Files", source, documents.digest, "", "", "", facts))
    return nodes
