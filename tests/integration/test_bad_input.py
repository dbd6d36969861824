"""Bad input through the user's own command: one clear error that names the cure, nothing half-written."""

from pathlib import Path

import pytest

from clone import SMOKE, Clone, stations_run


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return Clone.make(tmp_path_factory.mktemp("bad") / "clone")


def card(clone: Clone, tmp_path: Path, front_matter: str) -> str:
    path = tmp_path / "card.md"
    path.write_text(f"---\nextends: {clone.folder / SMOKE}\nname: bad\n{front_matter}\n---\n")
    return str(path)


def refused(clone: Clone, path: str) -> str:
    printed = clone.run("pyflyte", "run", "workflows/factory.py", "factory", "--card", path, expect=1)
    assert "release" not in stations_run(printed)
    assert "Traceback" not in printed
    return printed


def files(clone: Clone, folder: Path) -> str:
    return (
        f"ingest: {{sources: [{{name: mine, kind: files, licence: MIT, path: '{folder}'}}]}}\n"
        "pretrain: {blend: {packages: null, more: null, mine: 1.0}, max_epochs: {more: null}, amendments: []}\n"
        "validate: {excludable: []}"
    )


def test_a_typo_is_refused_before_anything_starts(clone: Clone, tmp_path: Path) -> None:
    printed = refused(clone, card(clone, tmp_path, "rl: {num_stepz: 3}"))
    assert "card.md:4: rl.num_stepz: unknown key; did you mean 'num_steps'?" in printed.replace("\n", " ").replace(
        "  ", " "
    )
    assert not (clone.folder / ".factory" / "lake" / "catalog.db").exists()


def test_sections_that_contradict_each_other_are_refused(clone: Clone, tmp_path: Path) -> None:
    printed = refused(clone, card(clone, tmp_path, "sft: {batch_size: 7}"))
    assert "7 is not divisible by mesh.dp_replicate 2; use 6 or 8" in " ".join(printed.split())


def test_a_missing_source_folder_names_the_field(clone: Clone, tmp_path: Path) -> None:
    printed = " ".join(refused(clone, card(clone, tmp_path, files(clone, tmp_path / "nowhere"))).split())
    assert "ingest.sources" in printed
    assert "nowhere" in printed


def test_damaged_files_are_scrapped_and_an_empty_corpus_says_why(clone: Clone, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "broken.parquet").write_bytes(b"PAR1 this is not parquet PAR1")
    (folder / "latin.txt").write_bytes(b"caf\xe9 " * 100)
    (folder / "empty.txt").write_bytes(b"")
    (folder / "short.txt").write_text("too short")
    printed = refused(clone, card(clone, tmp_path, files(clone, folder)))
    assert "made ingest" in printed, "damaged files must not stop the run"
    flat = " ".join(printed.split())
    assert "length" in flat, "the error must say which rule emptied the corpus"
    assert "curate.filters" in flat
    assert "Snapshot curated.documents" not in printed


def test_a_failing_expectation_is_named_and_main_untouched(clone: Clone, tmp_path: Path) -> None:
    suite = "validate: {suite: [{expect: expect_table_row_count_to_be_between, min: 100000}]}"
    printed = " ".join(refused(clone, card(clone, tmp_path, suite)).split())
    assert "expect_table_row_count_to_be_between" in printed
    asked = "from model_factory import lake; print([s.branch for s in lake.history('curated.documents')].count('main'))"
    assert clone.run("python", "-c", asked).split()[-1] == "0"
