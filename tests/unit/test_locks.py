"""Locks: complete, equal where they share, and installable anywhere."""

import itertools
import re
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from model_factory.nouns.home import checkout
from requirements import lock

IMAGES = ("data", "train", "inference")
PEERS = ("bench-datatrove", "bench-streaming")
LOCKS = ("laptop", *IMAGES, "services", *PEERS)
NEEDED_BY_CI = {"pytest", "ruff", "pyright", "import-linter", "setuptools"}


@pytest.mark.parametrize("name", ["laptop", "data", "train"])
def test_lock_is_what_its_requirements_reach_here(name: str) -> None:
    assert lock.read(name) == lock.reach(lock.requirements(name)), "run `make lock`"


@pytest.mark.parametrize("name", ["inference", "services", *PEERS])
def test_resolved_lock_meets_its_requirements(name: str) -> None:
    versions = lock.read(name)
    for wanted in lock.requirements(name):
        assert wanted.specifier.contains(versions[canonicalize_name(wanted.name)], prereleases=True), wanted


@pytest.mark.parametrize(("one", "other"), itertools.combinations(("laptop", *IMAGES), 2))
def test_shared_packages_have_one_version(one: str, other: str) -> None:
    mine, theirs = lock.read(one), lock.read(other)
    shared = mine.keys() & theirs.keys()
    assert len(shared) > 100, "two locks of the same factory share most of what they list"
    assert {name: mine[name] for name in shared} == {name: theirs[name] for name in shared}


@pytest.mark.parametrize("name", LOCKS)
def test_lines_are_exact_public_versions(name: str) -> None:
    lines = (checkout() / "requirements" / f"{name}.txt").read_text().splitlines()
    wrong = [line for line in lines if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*==\d[a-z0-9.]*", line)]
    assert not wrong, "one name==version a line: no path, host, marker or local version"
    names = [line.partition("==")[0] for line in lines]
    assert names == sorted(set(names))
    assert not [name for name in names if name.startswith("nvidia-")]
    assert "model-factory" not in names


def test_laptop_has_what_ci_runs() -> None:
    assert lock.read("laptop").keys() >= NEEDED_BY_CI


def test_data_image_needs_no_torch() -> None:
    assert not {"torch", "transformers", "vllm"} & lock.read("data").keys()


def test_missing_and_unfit_distributions_are_named(tmp_path: Path) -> None:
    (tmp_path / "absent.in").write_text("no-such-distribution-anywhere\n")
    with pytest.raises(lock.LockError, match="no-such-distribution-anywhere: not installed"):
        lock.reach(lock.requirements("absent", tmp_path))
    (tmp_path / "unfit.in").write_text("-r old.in\n")
    (tmp_path / "old.in").write_text("packaging<20  # a comment\n")
    with pytest.raises(lock.LockError, match="packaging<20: .* is installed"):
        lock.reach(lock.requirements("unfit", tmp_path))


def test_extras_are_followed(tmp_path: Path) -> None:
    (tmp_path / "bare.in").write_text("pyiceberg\n")
    (tmp_path / "extra.in").write_text("pyiceberg[pyarrow]\n")
    bare, extra = (lock.reach(lock.requirements(name, tmp_path)) for name in ("bare", "extra"))
    assert "pyarrow" not in bare
    assert "pyarrow" in extra
