import os
import time
from pathlib import Path

import pytest

from model_factory.cards.errors import CardError
from model_factory.cards.ingest import Source
from model_factory.curation.sources import list_sources
from model_factory.curation.sources.listing import survey


def _files(path: Path | str, name: str = "mine") -> Source:
    return Source(name, "files", "MIT", path=str(path))


def test_the_digest_follows_content_and_names_alone(tmp_path, ingest_section):
    folder = tmp_path / "corpus"
    (folder / "sub").mkdir(parents=True)
    (folder / "b.txt").write_text("two")
    (folder / "sub" / "a.py").write_text("one = 1")
    section = ingest_section(_files(folder))
    first = list_sources(section)
    assert (first.num_files, first.size_bytes) == (2, 10)

    os.utime(folder / "b.txt", (1, 1))
    assert list_sources(section) == first
    moved = tmp_path / "elsewhere"
    folder.rename(moved)
    assert list_sources(ingest_section(_files(moved))) == first

    (moved / "b.txt").write_text("TWO")
    changed = list_sources(ingest_section(_files(moved)))
    (moved / "b.txt").rename(moved / "c.txt")
    renamed = list_sources(ingest_section(_files(moved)))
    assert len({first.digest, changed.digest, renamed.digest}) == 3


def test_the_standard_library_is_listed_whole_and_fast(ingest_section):
    section = ingest_section(Source("stdlib", "python_stdlib", "PSF-2.0"))
    started = time.process_time()
    listing = list_sources(section)
    assert time.process_time() - started < 1.5
    assert listing.num_files > 500
    paths = [surveyed.file.path for surveyed in survey(section)]
    assert "ast.py" in paths
    assert "json/decoder.py" in paths
    assert paths == sorted(paths)
    assert not [path for path in paths if path.startswith("/") or "site-packages" in path or "__pycache__" in path]


def test_distributions_give_readmes_and_sources_with_their_licence(ingest_section):
    section = ingest_section(
        Source("readmes", "distribution_docs", "declared"),
        Source("packages", "distribution_sources", "declared", packages=["click"]),
    )
    files = {(one.file.source, one.file.path): one.file for one in survey(section)}
    readme, module = files["readmes", "click/README"], files["packages", "click/core.py"]
    assert readme.licence == module.licence == "BSD-3-Clause"
    assert readme.origin == module.origin
    assert module.origin.startswith("click==")
    assert (readme.language, module.language) == ("text", "python")
    assert ("readmes", "model-factory/README") not in files
    assert {path.split("/")[0] for source, path in files if source == "packages"} == {"click"}


def test_files_come_from_a_folder_a_file_or_a_glob(tmp_path, ingest_section):
    (tmp_path / "deep").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("a.txt", "deep/b.txt", "deep/c.jsonl", ".git/config"):
        (tmp_path / name).write_text("x")
    paths = {
        what: [one.file.path for one in survey(ingest_section(_files(what)))]
        for what in (tmp_path, tmp_path / "a.txt", tmp_path / "**" / "*.txt")
    }
    assert list(paths.values()) == [["a.txt", "deep/b.txt", "deep/c.jsonl"], ["a.txt"], ["a.txt", "deep/b.txt"]]


def test_what_does_not_fit_is_left_aside_and_named(tmp_path, ingest_section):
    for name, size in (("a", 40), ("b", 100), ("c", 70), ("d", 20)):
        (tmp_path / name).write_bytes(b"x" * size)
    section = ingest_section(_files(tmp_path), max_total_bytes=65, max_document_bytes=90)
    found = {one.file.path: one.problem for one in survey(section)}
    assert found == {"a": "", "b": "too_large", "c": "over_total", "d": ""}
    assert list_sources(section) == list_sources(section)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (Source("s", "python_stdlibb", "x"), r"sources\[s\]\.kind: 'python_stdlibb'.*did you mean 'python_stdlib'"),
        (Source("s", "files", "x"), r"sources\[s\]\.path: missing"),
        (Source("s", "files", "x", path="no/such/*.txt"), r"'no/such/\*\.txt' matches no file"),
        (Source("s", "distribution_sources", "x", packages=["clik"]), "'clik' is not installed; did you mean 'click'"),
        (Source("s", "distribution_sources", "x"), r"sources\[s\]\.packages: empty"),
    ],
)
def test_a_source_that_cannot_be_found_names_its_field_and_the_cure(source, message, ingest_section):
    with pytest.raises(CardError, match=message):
        list_sources(ingest_section(source))
