"""From any artifact to the raw files."""

import io
from collections.abc import Iterator

import pytest
from rich.console import Console

from model_factory import ledger
from model_factory.nouns import Release
from model_factory.release.lineage import Node, as_tree, walk
from model_factory.release.station import release
from tests.unit.evals.world import lineage
from tests.unit.release.conftest import LOCK, SECTION, Scored


@pytest.fixture(scope="module")
def released(scored: Scored) -> Release:
    with ledger.attempt(LOCK, "release", "release", SECTION, []) as attempt:
        made = release(
            SECTION, scored.taught, scored.scorecards, LOCK, lineage("release", scored.taught, *scored.scorecards)
        )
        attempt.made(made)
    return made


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for parent in node.parents:
        yield from nodes(parent)


def test_a_release_walks_to_the_raw_files(scored: Scored, released: Release) -> None:
    found = list(nodes(walk(released.digest[:12])))
    world = scored.world
    for artifact in (
        scored.taught,
        world.base,
        world.sequences,
        world.tokenizer,
        world.documents,
        world.problems,
        world.raw,
    ):
        assert artifact.digest in {node.digest for node in found}
    files = {node for node in map(lambda node: (node.kind, node.name, node.facts), found) if node[0] == "Files"}
    assert len(files) == 1
    assert "40 files" in next(iter(files))[2]
    assert not [node for node in found if node.facts == "no record"]


def test_every_walk_ends_at_files_or_at_what_needs_none(released: Release) -> None:
    ends = {node.name for node in nodes(walk(released.digest)) if not node.parents}
    assert ends == {"stdlib", "rl.problems"}


def test_artifacts_are_found_by_digest_table_station_and_name(scored: Scored, released: Release) -> None:
    world = scored.world
    for reference, artifact in (
        (world.sequences.digest[:8], world.sequences),
        ("tokens.sequences", world.sequences),
        (f"tokens.sequences@{world.sequences.snapshot_id}", world.sequences),
        ("sft", scored.taught),
        (SECTION.model_name, released),
    ):
        assert walk(reference).digest == artifact.digest


def test_and_back_what_was_made_from_it(scored: Scored, released: Release) -> None:
    used_by = walk("tokens.sequences").used_by
    assert f"Checkpoint pretrain {scored.world.base.digest[:12]}" in used_by
    assert f"Scorecard sft {scored.scorecards[1].digest[:12]}" in used_by
    assert walk(released.digest).used_by == []


def test_an_unknown_reference_is_answered_with_what_there_is(released: Release) -> None:
    with pytest.raises(LookupError, match=r"no artifact 'nonsense'.*raw\.documents"):
        walk("nonsense")


def test_the_tree_names_everything_and_opens_nothing_twice(scored: Scored, released: Release) -> None:
    console = Console(width=300, record=True, file=io.StringIO())
    console.print(as_tree(walk(released.digest)))
    text = console.export_text()
    for name in ("raw.documents", "curated.documents", "tokens.sequences", "rl.problems", "stdlib"):
        assert name in text
    assert text.count("Files stdlib") == 1
