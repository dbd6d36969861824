"""Repositories, saved datasets, Iceberg tables and URLs: what a card names besides files on this disk."""

import os
import subprocess

import datasets
import fsspec
import pyarrow as pa
import pytest

from model_factory import lake
from model_factory.cards.errors import CardError
from model_factory.cards.ingest import Source
from model_factory.curation.ingest import ingest
from model_factory.curation.sources import list_sources
from model_factory.curation.sources.listing import survey


def _rows(section, lineage):
    made = ingest(section, list_sources(section), lineage("ingest"))
    return sorted(lake.read(made).to_pylist(), key=lambda row: row["path"])


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "repository"
    (root / "pkg").mkdir(parents=True)

    def git(*arguments):
        who = {f"GIT_{role}_{what}": "a@example.com" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        command = ["git", "-C", str(root), "-c", "init.defaultBranch=main", *arguments]
        done = subprocess.run(command, env=os.environ | who, capture_output=True, check=True, text=True)
        return done.stdout.strip()

    git("init", "-q")
    (root / "pkg" / "__init__.py").write_text("from pkg.zeta import f\n")
    (root / "pkg" / "alpha.py").write_text("from pkg.zeta import f\nx = f()\n")
    (root / "pkg" / "zeta.py").write_text("def f():\n    return 1\n")
    (root / "notes naïve.md").write_text("Some notes.\n")
    (root / "link.py").symlink_to("pkg/zeta.py")
    (root / "large.txt").write_bytes(b"line\n" * (1 << 18))
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    git("tag", "v1")
    (root / "pkg" / "zeta.py").write_text("def f():\n    return 2\n")
    git("commit", "-q", "-a", "-m", "second")
    return root, git


def _git(root, revision, **more):
    return Source("code", "git", "MIT", path=str(root), revision=revision, **more)


def test_a_repository_is_read_at_its_revision_whatever_lies_in_the_working_tree(repository, ingest_section, lineage):
    root, git = repository
    (root / "pkg" / "zeta.py").write_text("not committed")
    (root / "new.py").write_text("not committed")
    old = {row["path"]: row for row in _rows(ingest_section(_git(root, "v1")), lineage)}
    new = {row["path"]: row for row in _rows(ingest_section(_git(root, "main")), lineage)}
    assert set(old) == set(new) == {"pkg/__init__.py", "pkg/alpha.py", "pkg/zeta.py", "notes naïve.md"}
    assert "return 1" in old["pkg/zeta.py"]["text"]
    assert "return 2" in new["pkg/zeta.py"]["text"]
    assert old["pkg/zeta.py"]["origin"].endswith("@" + git("rev-parse", "v1"))
    assert old["pkg/alpha.py"]["language"] == "python"
    scrap = lake.read(lake.head("raw.scrap")).to_pylist()
    assert [(row["path"], row["reason"]) for row in scrap] == [("large.txt", "too_large")]


def test_files_of_a_repository_stand_in_the_order_of_their_imports(repository, ingest_section, lineage):
    rows = _rows(ingest_section(_git(repository[0], "v1", include=["*.py"])), lineage)
    assert [row["path"] for row in sorted(rows, key=lambda row: row["place"])] == [
        "pkg/zeta.py",
        "pkg/__init__.py",
        "pkg/alpha.py",
    ]


def test_equal_commits_are_equal_listings_wherever_they_lie(repository, tmp_path, ingest_section):
    root, git = repository
    subprocess.run(["git", "clone", "-q", "--bare", str(root), str(tmp_path / "bare.git")], check=True)
    here = list_sources(ingest_section(_git(root, "v1")))
    assert list_sources(ingest_section(_git(tmp_path / "bare.git", git("rev-parse", "v1")))) == here
    assert list_sources(ingest_section(_git(root, "main"))).digest != here.digest


def test_a_damaged_object_costs_its_file(repository, ingest_section):
    root, git = repository
    oid = git("rev-parse", "v1:pkg/alpha.py")
    (root / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    found = {one.file.path: one.problem for one in survey(ingest_section(_git(root, "v1", include=["pkg/*"])))}
    # The file after the damaged one still comes in.
    assert found == {"pkg/__init__.py": "", "pkg/alpha.py": "unreadable", "pkg/zeta.py": ""}


def test_a_saved_dataset_is_read_by_split(tmp_path, ingest_section, lineage):
    train = datasets.Dataset.from_dict({"body": ["one", "two", ""], "link": ["u1", "u2", "u3"]})
    held = datasets.Dataset.from_dict({"body": ["held out"], "link": ["u4"]})
    datasets.DatasetDict({"train": train, "test": held}).save_to_disk(
        tmp_path / "saved", num_shards={"train": 2, "test": 1}
    )
    settings = {"path": str(tmp_path / "saved"), "text_column": "body", "url_column": "link"}
    rows = _rows(ingest_section(Source("mine", "huggingface", "MIT", **settings)), lineage)
    assert [(row["path"].split("/")[0], row["text"], row["url"]) for row in rows] == [
        ("test", "held out", "u4"),
        ("train", "one", "u1"),
        ("train", "two", "u2"),
    ]
    rows = _rows(ingest_section(Source("mine", "huggingface", "MIT", **settings, include=["train/*"])), lineage)
    assert len(rows) == 2


def test_an_iceberg_table_is_read_at_its_snapshot(ingest_section, lineage):
    first = lake.write("mine.texts", pa.table({"body": ["one", "two"], "url": ["u1", "u2"]}), lineage("x"))
    lake.write("mine.texts", pa.table({"body": ["three"], "url": ["u3"]}), lineage("x"))
    settings = {"path": "mine.texts", "text_column": "body", "url_column": "url"}
    newest = ingest_section(Source("t", "iceberg", "MIT", **settings))
    older = ingest_section(Source("t", "iceberg", "MIT", **settings, revision=str(first.snapshot_id)))
    assert [(row["text"], row["url"]) for row in _rows(newest, lineage)] == [("three", "u3")]
    assert [(row["text"], row["url"]) for row in _rows(older, lineage)] == [("one", "u1"), ("two", "u2")]
    assert list_sources(older) == list_sources(older)
    assert list_sources(older).digest != list_sources(newest).digest


def test_files_behind_any_url(ingest_section, lineage, tmp_path):
    memory = fsspec.filesystem("memory")
    for name in ("a.txt", "deep/b.jsonl", ".hidden/c.txt"):
        memory.pipe(f"/corpus/{name}", b'{"text": "x"}' if name.endswith("l") else b"plain")
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(memory.cat(f"/corpus/{name}"))
    digests = set()
    for url in ("memory://corpus", f"file://{tmp_path}", str(tmp_path)):
        section = ingest_section(Source("mine", "files", "MIT", path=url))
        # The test's own state lies below tmp_path as well.
        paths = [one.file.path for one in survey(section) if not one.file.path.startswith("state/")]
        assert paths == ["a.txt", "deep/b.jsonl"]
        digests.add(list_sources(section).digest)
    assert len(digests) == 1
    rows = _rows(ingest_section(Source("mine", "files", "MIT", path="memory://corpus/**/*.jsonl")), lineage)
    assert [(row["path"], row["text"]) for row in rows] == [("deep/b.jsonl#1", "x")]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (Source("s", "git", "x", path="."), r"sources\[s\]: .*`revision`"),
        (Source("s", "git", "x", path="no/such", revision="v1"), r"sources\[s\]\.path: there is no .*clone"),
        (Source("s", "git", "x", path="/", revision="v1"), r"sources\[s\]\.path: git says .*name a git repository"),
        (Source("s", "huggingface", "x", path="no/such"), r"sources\[s\]\.path: there is no folder .*save_to_disk"),
        (Source("s", "huggingface", "x", path="docs"), r"sources\[s\]\.path: no state\.json .*save_to_disk"),
        (Source("s", "iceberg", "x", path="no.such"), r"sources\[s\]\.path: 'no\.such' cannot be loaded: .*write"),
        (Source("s", "iceberg", "x"), r"sources\[s\]\.path: missing"),
        (
            Source("s", "files", "x", path="nosuch://a/b"),
            r"sources\[s\]\.path: 'nosuch://a/b' cannot be opened: .*protocol",
        ),
        (Source("s", "files", "x", path="memory://nothing"), r"'memory://nothing' (matches no file|cannot be listed)"),
    ],
)
def test_a_source_that_cannot_be_found_names_its_field_and_the_cure(source, message, ingest_section):
    with pytest.raises(CardError, match=message):
        list_sources(ingest_section(source))


def test_an_unknown_revision_or_column_says_what_there_is(repository, ingest_section, lineage):
    with pytest.raises(CardError, match=r"\.revision: git says .*name a commit, a tag or a branch"):
        list_sources(ingest_section(_git(repository[0], "--output=x")))
    lake.write("mine.texts", pa.table({"body": ["one"]}), lineage("x"))
    with pytest.raises(CardError, match=r"no column 'text'; there are: body"):
        list_sources(ingest_section(Source("s", "iceberg", "x", path="mine.texts")))
    with pytest.raises(CardError, match=r"\.revision: the table has no snapshot 'v9'; there are: main"):
        list_sources(ingest_section(Source("s", "iceberg", "x", path="mine.texts", text_column="body", revision="v9")))
