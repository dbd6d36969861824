"""Documents forgotten by a line that trained on them: from every store, and nothing else."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from diskcache import Cache

from model_factory import lake, ledger, weights
from model_factory.cards.ingest import Ingest, Source
from model_factory.cli import factory
from model_factory.curation.ingest import ingest
from model_factory.curation.sources import list_sources
from model_factory.erasure.stores import checkpoints
from model_factory.ledger import registry, store
from model_factory.nouns import Snapshot
from model_factory.release.lineage import trace, walk
from tests.unit.erasure.planted import PATHS, PLANTED, Planted, plant, put_back, shows
from tests.unit.release.small_line import LOCKED, by


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACTORY_HOME", str(tmp_path_factory.mktemp("home")))
        yield plant(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def state() -> Path:
    return Path(os.environ["FACTORY_HOME"])


@pytest.fixture(scope="module")
def before(line: Planted, state: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state as the line left it, to be put back."""
    kept = tmp_path_factory.mktemp("kept") / "state"
    shutil.copytree(state, kept)
    return kept


@pytest.fixture
def whole(line: Planted, state: Path, before: Path) -> Planted:
    """The line, its state put back."""
    put_back(before, state)
    return line


def answer(*arguments: str, expect: int = 0) -> str:
    result = CliRunner().invoke(factory, arguments)
    assert result.exit_code == expect, result.output + repr(result.exception)
    return result.output


def section_of(folder: Path) -> Ingest:
    return Ingest(1, "t", [Source("library", "files", "PSF-2.0", path=str(folder))], 1 << 26, 1 << 20)


def without(snapshot: Snapshot, line: Planted) -> str:
    """The digest that the rows would have without the two documents."""
    import polars as pl

    rows = pl.DataFrame(lake.read(snapshot))
    ids = list(line.doc_ids.values())
    for name in rows.columns:
        if name.endswith("doc_id"):
            rows = rows.filter(~pl.col(name).is_in(ids))
    return lake.digest(rows.to_arrow())


@dataclass(frozen=True)
class Forgotten:
    """What was there before, as far as tests ask for it, and what the command said."""

    line: Planted
    shown: set[str]
    held: dict[str, Snapshot]
    wanted: dict[str, str]
    sequences: dict[str, dict[str, Any]]
    steps: list[int]
    taught: list[int]
    story: dict[str, Any]
    walked: list[str]
    listed: str
    told: dict[str, Any]


@pytest.fixture(scope="module")
def forgotten(line: Planted, state: Path, before: Path) -> Forgotten:
    """Both documents forgotten, and the state left as it then is."""
    put_back(before, state)
    run = line.run
    held = {name: one for name, one in run.artifacts().items() if isinstance(one, Snapshot) and name != "sequences"}
    held |= {f"items {card.station}": lake.find(card.items) for card in run.scorecards}
    wanted = {name: without(snapshot, line) for name, snapshot in held.items()}
    sequences = {row["sequence_id"]: row for row in lake.read(run.sequences).to_pylist()}
    own = trace(line.doc_ids["train"])
    return Forgotten(
        line=line,
        shown=set(shows(state, run.tokenizer.uri)),
        held=held,
        wanted=wanted,
        sequences=sequences,
        steps=sorted({one["step"] for one in own["steps"]}),
        taught=sorted({step for row in own["sft"] for step in row["steps"]}),
        story=trace("library:textwrap.py"),
        listed=list_sources(section_of(line.corpus)).digest,
        walked=[node.name for node in nodes(walk(run.release.digest))],
        told=json.loads(answer("forget", *line.names, "--reason", "a person asked", "--yes", "--json")),
    )


def test_forgotten_everywhere_and_nothing_else(forgotten: Forgotten, state: Path) -> None:
    run, held, wanted = forgotten.line.run, forgotten.held, forgotten.wanted
    assert forgotten.shown >= {PLANTED, *PATHS.values()}
    assert {name for name, digest in wanted.items() if digest != held[name].digest} >= {
        "documents", "candidate", "curated", "executions", "items pretrain",
    }  # fmt: skip
    assert shows(state, run.tokenizer.uri) == []
    left = {name: lake.left_of(snapshot.as_parent().uri) for name, snapshot in held.items()}
    assert {name: snapshot.digest for name, snapshot in left.items()} == wanted
    assert {name: lake.digest(lake.read(snapshot)) for name, snapshot in left.items()} == wanted
    made = (run.base, run.taught, run.reinforced)
    assert [weights.digest_of_state(weights.load_model(one).state_dict()) for one in made] == [
        one.digest for one in made
    ]
    assert {row["store"] for row in forgotten.told["erased"]} >= {
        "tables", "checkpoints", "runs", "releases", "log book", "decks", "token files", "temporary files",
        "station cache",
    }  # fmt: skip
    assert forgotten.told["documents"] == sorted(forgotten.line.doc_ids.values())
    with Cache(str(state / "flyte-cache")) as cache:
        assert list(cache) == ["of problems"]
        assert len(cache) == 1


def test_sequences_keep_their_number_and_what_others_wrote(forgotten: Forgotten) -> None:
    after = lake.read(lake.left_of(forgotten.line.run.sequences.as_parent().uri)).to_pylist()
    assert {row["sequence_id"] for row in after} == forgotten.sequences.keys()
    ids = set(forgotten.line.doc_ids.values())
    for row in after:
        old = forgotten.sequences[row["sequence_id"]]
        if not ids & set(old["doc_ids"]):
            assert row == old
        else:
            assert pieces(row) == [one for one in pieces(old) if one[0] not in ids] or pieces(row) == [("", [1], 1)]


def pieces(row: dict[str, Any]) -> list[tuple[str, list[int], int]]:
    ends = [*row["boundaries"][1:], len(row["tokens"])]
    spans = zip(row["doc_ids"], row["boundaries"], ends, row["given"], strict=True)
    return [(doc_id, row["tokens"][start:end], given) for doc_id, start, end, given in spans]


def test_what_saw_it_is_marked_with_the_steps_that_trace_tells(forgotten: Forgotten) -> None:
    run = forgotten.line.run
    assert forgotten.steps
    marks = checkpoints.marks(Path(run.base.uri))
    assert [one["reason"] for one in marks] == ["a person asked"]
    assert numbers(marks[0]["steps"]) == forgotten.steps
    assert set(numbers(checkpoints.marks(Path(run.taught.uri))[0]["steps"])) >= set(forgotten.taught)
    (mark,) = checkpoints.marks(Path(run.reinforced.uri))
    assert (mark["steps"], mark["through"]) == ([], Path(run.taught.uri).parent.name)
    tags = store.client().get_model_version(run.release.model_name, run.release.model_version).tags
    assert json.loads(tags["erased"])[0]["reason"] == "a person asked"
    assert "a person asked" in (Path(run.release.uri) / "README.md").read_text()
    assert registry.version_of(run.release.model_name, run.release.digest) == run.release.model_version


def test_a_run_that_read_it_cannot_be_replayed(forgotten: Forgotten) -> None:
    assert "unreplayable: erased" in answer("replay", LOCKED.run_digest, expect=1)


def test_other_documents_are_still_traced_and_walked(forgotten: Forgotten) -> None:
    assert trace("library:textwrap.py") == forgotten.story
    after = list(nodes(walk(forgotten.line.run.release.digest)))
    assert [node.name for node in after] == forgotten.walked
    assert not [node for node in after if node.facts == "no record"]


def numbers(ranges: list[list[int]]) -> list[int]:
    return [step for first, last in ranges for step in range(first, last + 1)]


def nodes(node: Any) -> Iterator[Any]:
    yield node
    for parent in node.parents:
        yield from nodes(parent)


def test_it_does_not_come_in_again_under_any_name(forgotten: Forgotten, tmp_path: Path) -> None:
    whole = forgotten.line
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "renamed.py").write_text((whole.corpus / PATHS["train"]).read_text())
    (elsewhere / "other.py").write_text("nothing of the kind = 1\n")
    assert list_sources(section_of(whole.corpus)).digest != forgotten.listed
    for folder, count in ((whole.corpus, 2), (elsewhere, 1)):
        section = section_of(folder)
        rows = lake.read(ingest(section, list_sources(section), by("ingest")))
        assert rows.num_rows == len(list(folder.iterdir())) - count
        scrap = [row for row in lake.read(lake.head("raw.scrap")).to_pylist() if row["reason"] == "erased"]
        assert [row["path"] for row in scrap] == [""] * count
    assert shows(Path(os.environ["FACTORY_HOME"]), whole.run.tokenizer.uri) == []


def test_a_held_out_document_was_in_no_step_and_marks_no_weights(whole: Planted) -> None:
    answer("forget", whole.doc_ids["heldout"][:10], "--reason", "asked", "--yes")
    assert checkpoints.marks(Path(whole.run.base.uri)) == []
    assert ledger.runs()[0].run_digest == LOCKED.run_digest


def test_a_whole_source(whole: Planted, state: Path) -> None:
    answer("forget", "library", "--reason", "its licence ended", "--yes")
    assert lake.head("raw.documents").num_rows == 0
    assert lake.head("curated.documents").num_rows == 0
    assert b"def dedent" not in b"".join(path.read_bytes() for path in state.rglob("*.parquet"))
    assert shows(state, whole.run.tokenizer.uri) == []


def test_nothing_is_touched_without_a_yes(whole: Planted, before: Path, state: Path) -> None:
    result = CliRunner().invoke(factory, ["forget", *whole.names, "--reason", "asked"], input="n\n")
    assert result.exit_code == 1
    assert "raw.documents" in result.output
    assert [path.relative_to(state) for path in sorted(state.rglob("*.parquet"))] == [
        path.relative_to(before) for path in sorted(before.rglob("*.parquet"))
    ]
    assert lake.tombstones() == frozenset()


def test_names_that_mean_nothing_or_several_are_refused(whole: Planted) -> None:
    assert "no document or source 'nobody'" in answer("forget", "nobody", "--reason", "x", "--yes", expect=1)
    short = whole.doc_ids["train"][:7]
    assert "8 digits" in answer("forget", short, "--reason", "x", "--yes", expect=1)
    assert "--reason" in answer("forget", *whole.names, "--yes", expect=1)
    reason = f"take out {PATHS['train']}"
    assert "without naming" in answer("forget", *whole.names, "--reason", reason, "--yes", expect=1)


def test_the_same_text_under_another_name_is_told_and_stays(whole: Planted) -> None:
    told = json.loads(answer("forget", "library:zz_copy.py", "--reason", "asked", "--yes", "--json"))
    assert [one["path"] for one in told["same_text"]] == ["bisect.py"]
    section = section_of(whole.corpus)
    rows = lake.read(ingest(section, list_sources(section), by("ingest")))["path"].to_pylist()
    assert "bisect.py" in rows
    assert "zz_copy.py" not in rows


def test_not_while_a_run_is_under_way(whole: Planted) -> None:
    with ledger.attempt(LOCKED, "curate", "at work", {"seed": 1}, []):
        said = answer("forget", *whole.names, "--reason", "asked", "--yes", expect=1)
    assert f"process {os.getpid()}" in said
    assert lake.tombstones() == frozenset()


KILLER = """
import os, signal, sys
from model_factory.erasure import forget, registry
from model_factory.lake import erase
module, name, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
target = {"erase": erase, "forget": forget}.get(module) or next(
    store for store in (*registry.MARKS, *registry.STORES) if store.__name__.endswith("." + module)
)
real = getattr(target, name)
def counted(*arguments):
    global count
    count -= 1
    if count < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments)
setattr(target, name, counted)
from model_factory.cli import factory
factory(["forget", *sys.argv[4:], "--reason", "asked", "--yes"])
"""


@pytest.mark.parametrize(
    ("module", "name", "after"),
    [("runs", "erase", 0), ("erase", "_move", 2), ("erase", "remove_unreferenced", 9)],
)  # fmt: skip
def test_killed_anywhere_the_same_command_finishes_it(
    whole: Planted, state: Path, module: str, name: str, after: int
) -> None:
    steps = sorted({one["step"] for one in trace(whole.doc_ids["train"])["steps"]})
    command = [sys.executable, "-c", KILLER, module, name, str(after), *whole.names]
    killed = subprocess.run(command, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    answer("forget", *whole.names, "--reason", "asked", "--yes")
    assert shows(state, whole.run.tokenizer.uri) == []
    assert numbers(checkpoints.marks(Path(whole.run.base.uri))[0]["steps"]) == steps
    assert "unreplayable: erased" in answer("replay", LOCKED.run_digest, expect=1)
