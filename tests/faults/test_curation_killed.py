"""kill -9 at random moments between the first raw file and the candidate corpus, then again from the start: the lake
ends as if nothing had happened, every row in it once."""

import json
import os
import random
import time
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from model_factory import lake
from tests.faults import curation_process

pytestmark = pytest.mark.faults

SEED, KILLS = 20261121, 12
MEMORY_BYTES = curation_process.MAX_DOCUMENT_BYTES * 64
PUBLISHED = {
    "raw.documents", "raw.scrap", "curated.pairs", "curated.signatures", "curated.normals", "curated.compared",
    "curated.verdicts", "curated.duplicates", "curated.scrap", "curated.contamination",
}  # fmt: skip


def _curate(sources: Path, home: Path, out: Path) -> None:
    os.environ["FACTORY_HOME"] = str(home)
    made = curation_process.run(sources, MEMORY_BYTES, 2, lambda station: None)
    digests = [(one.table, one.snapshot_id, one.branch, one.digest) for one in made]
    out.write_text(json.dumps(digests))


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, draw = tmp_path_factory.mktemp("sources"), random.Random(SEED)
    words = [f"word{place}" for place in range(3000)]
    texts = [" ".join(draw.choices(words, k=draw.randint(20, 200))) for _ in range(300)]
    texts += [text.replace(" ", "\n", 3) for text in texts[:40]] + [f"{text} mary@example.org" for text in texts[20:60]]
    lines = [json.dumps({"text": text}) for text in texts]
    for part in range(4):
        (folder / f"{part}.jsonl").write_text("\n".join([*lines[part::4], '{"text": 3}\n']))
    return folder


@pytest.fixture(scope="module")
def start():
    """Processes that have imported everything already: only their work takes time."""
    context = get_context("forkserver")
    context.set_forkserver_preload([curation_process.__name__])

    def make(*arguments: Path) -> BaseProcess:
        process = context.Process(target=_curate, args=arguments)
        process.start()
        return process

    return make


def _ids(table: str) -> list[str]:
    return lake.read(lake.head(table), ["doc_id"])["doc_id"].to_pylist()


def test_killed_twelve_times_the_lake_is_as_if_it_had_not_been(
    sources: Path, start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "undisturbed.json", tmp_path / "killed.json"
    for _ in range(2):
        began = time.monotonic()
        undisturbed = start(sources, tmp_path / "home", first)
        undisturbed.join(600)
        took_s = time.monotonic() - began
    assert undisturbed.exitcode == 0

    draw, home, killed = random.Random(SEED), tmp_path / "killed", 0
    for _ in range(3 * KILLS):
        began = time.monotonic()
        process = start(sources, home, second)
        # Spread over the whole way, so that no station is left out.
        process.join(took_s * (killed + draw.random()) / KILLS)
        if process.is_alive():
            killed += 1
        else:
            # The machine is faster than it was.
            took_s = time.monotonic() - began
        process.kill()
        process.join(60)
        second.unlink(missing_ok=True)
        if killed == KILLS:
            break
    assert killed == KILLS, f"only {killed} of {KILLS} were killed before they ended; the test shows little"
    process = start(sources, home, second)
    process.join(600)
    assert process.exitcode == 0

    monkeypatch.setenv("FACTORY_HOME", str(home))
    told, expected = (json.loads(path.read_text()) for path in (second, first))
    assert [(table, digest) for table, _, _, digest in told] == [(table, digest) for table, _, _, digest in expected]
    for table in PUBLISHED:
        published = [one for one in lake.history(table) if one.branch == "main"]
        assert len(published) == 1, f"{table} was published {len(published)} times"
        assert lake.digest(lake.read(published[0])) == published[0].digest
    for table in ("raw.documents", "curated.signatures"):
        assert len(_ids(table)) == len(set(_ids(table))) > 300
    data = {(table, snapshot) for table, snapshot, _, _ in told}
    for table in lake.tables():
        waiting = [one for one in lake.history(table) if one.branch not in ("", "main")]
        assert all((table, one.snapshot_id) in data for one in waiting), "a branch that no run has made data of"
