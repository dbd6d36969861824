"""Each image holds what its tasks import, late imports and registry entries included."""

import functools
import sys
from importlib import metadata

import grimp
import pytest
from packaging.utils import canonicalize_name

from model_factory.cards.images import image_references
from model_factory.cards.resolve import REGISTRIES, load_registry
from model_factory.nouns.home import checkout
from packaged import Package
from requirements import lock

FIRST_PARTY = ("model_factory", "tasks")
IMAGES = sorted(image_references())


@functools.cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(
        *FIRST_PARTY, include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
    )


def task_modules(package: Package, image: str) -> set[str]:
    """The modules whose tasks run in an image."""
    reference = image_references()[image]
    tasks = [task.container for task in package.tasks.values() if task.container.image == reference]
    arguments = [list(container.args) for container in tasks]
    return {words[words.index("task-module") + 1] for words in arguments}


def reached(modules: set[str]) -> set[str]:
    """Everything that importing and running these modules may import: packages on the way, registry entries."""
    known: set[str] = set()
    todo = set(modules)
    while todo:
        module = todo.pop()
        if module in known or module not in graph().modules:
            continue
        known.add(module)
        todo |= graph().find_modules_directly_imported_by(module)
        todo |= {module.rpartition(".")[0]} - {""}
        todo |= entries(module)
    return known


def entries(module: str) -> set[str]:
    """The modules that a registry names as text."""
    registries = [path for path in REGISTRIES.values() if path.partition(":")[0] == module]
    return {entry.partition(":")[0] for path in registries for entry in load_registry(path).values()}


def missing(modules: set[str], listed: set[str]) -> dict[str, list[str]]:
    """Top-level imports that no listed distribution provides → first-party modules that import them."""
    providers = metadata.packages_distributions()
    external = {module for module in reached(modules) if module.partition(".")[0] not in FIRST_PARTY}
    foreign = {module for module in external if module.partition(".")[0] not in sys.stdlib_module_names}
    return {
        name: sorted(graph().find_modules_that_directly_import(name))
        for name in foreign
        if not {canonicalize_name(one) for one in providers.get(name.partition(".")[0], [name])} & listed
    }


@pytest.mark.parametrize("image", IMAGES)
def test_lock_holds_what_the_images_tasks_import(package: Package, image: str) -> None:
    modules = task_modules(package, image)
    assert modules
    assert missing(modules, set(lock.read(image))) == {}


def test_a_torchless_image_would_not_train(package: Package) -> None:
    assert "torch" in missing(task_modules(package, "train"), set(lock.read("data")))


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_whose_tasks_execute_programs_has_the_wall(package: Package, image: str) -> None:
    dockerfile = (checkout() / "dockerfiles" / f"{image}.Dockerfile").read_text()
    executes = any(module.startswith("model_factory.sandbox") for module in reached(task_modules(package, image)))
    assert executes == any("install" in line and "bubblewrap" in line for line in dockerfile.splitlines())


@pytest.mark.parametrize("image", [*IMAGES, "sandbox"])
def test_dockerfiles_install_from_the_lock_alone_and_name_a_base_to_pin(image: str) -> None:
    lines = (checkout() / "dockerfiles" / f"{image}.Dockerfile").read_text().splitlines()
    assert any(line.startswith("ARG BASE=docker.io/") for line in lines)
    assert [line for line in lines if line.startswith("FROM ")] == ["FROM ${BASE}"]
    installs = [line for line in lines if "pip install" in line]
    assert all(f"-r /tmp/{image}.txt" in line for line in installs)
    assert "USER factory" in lines
    assert "PYTHONPATH=/root:/root/lib" in " ".join(lines)
