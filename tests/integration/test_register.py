"""Registration and remote runs through the real command, against a backend that only writes down what it is asked."""

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from admin import Backend, Records
from clone import SMOKE, Clone
from model_factory.cards.card import Card
from model_factory.cards.images import image_references

PROJECT = ("--project", "research", "--domain", "development")
STATIONS = {
    "tasks.ingest.ingest", "tasks.clean.clean_shard", "tasks.curate.measure_shard", "tasks.curate.curate",
    "tasks.deduplicate.sign_shard", "tasks.deduplicate.find_pairs", "tasks.deduplicate.find_repeats",
    "tasks.deduplicate.cut_shard",
    "tasks.decontaminate.match_shard", "tasks.decontaminate.decontaminate", "tasks.validate.validate",
    "tasks.bias.stratify", "tasks.bias.reweigh",
    "tasks.tokenize.train_tokenizer", "tasks.tokenize.pack", "tasks.pretrain.pretrain", "tasks.problems.make_problems",
    "tasks.sft_data.execute_functions", "tasks.labels.check_labels",
    "tasks.sft.sft", "tasks.rl.reinforce", "tasks.rl.commit_transcripts",
    "tasks.evaluate.write_texts", "tasks.evaluate.evaluate", "tasks.release.release", "tasks.resolve.resolve",
}  # fmt: skip


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return unpinned_clone(tmp_path_factory.mktemp("register") / "clone")


@pytest.fixture(scope="module")
def pinned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The setting that names images as `make images-pin` leaves them."""
    path = tmp_path_factory.mktemp("images") / "images.json"
    references = {name: f"registry.example/{name}:v1@sha256:{name[0] * 64}" for name in image_references()}
    path.write_text(json.dumps(references))
    return {"FACTORY_IMAGES": str(path)}


@pytest.fixture
def backend() -> Iterator[Backend]:
    with Backend() as started:
        yield started


@pytest.fixture(scope="module")
def registered(clone: Clone, pinned: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Records:
    """What a registration that activates its launch plans sends."""
    with Backend() as backend:
        register(clone, backend.config(tmp_path_factory.mktemp("active")), "--activate-launchplans", **pinned)
        return backend.records


@pytest.fixture(scope="module")
def launched(clone: Clone, pinned: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Records:
    """What a remote run of a card sends."""
    with Backend() as backend:
        remote_run(clone, backend.config(tmp_path_factory.mktemp("remote")), **pinned)
        return backend.records


def unpinned_clone(folder: Path) -> Clone:
    clone = Clone.make(folder)
    unpinned = {name: reference.partition("@")[0] for name, reference in image_references().items()}
    (folder / "dockerfiles" / "images.json").write_text(json.dumps(unpinned))
    return clone


def register(clone: Clone, config: str, *options: str, expect: int = 0, **more: str) -> str:
    command = ("pyflyte", "--config", config, "register", *PROJECT, "--version", "v1", *options, "workflows")
    return clone.run(*command, expect=expect, **more)


def remote_run(clone: Clone, config: str, card: str = SMOKE, expect: int = 0, **more: str) -> str:
    command = ("pyflyte", "--config", config, "run", "--remote", *PROJECT, "--name", "first")
    return clone.run(*command, "workflows/factory.py", "factory", "--card", card, expect=expect, **more)


def archive(records: Records) -> dict[str, bytes]:
    """The files of the one code archive that was uploaded."""
    (content,) = [body for path, body in records.uploads.items() if path.endswith(".tar.gz")]
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        files = [member for member in tar.getmembers() if member.isfile()]
        return {member.name: tar.extractfile(member).read() for member in files}  # type: ignore[union-attr]


def test_unpinned_images_are_refused_before_anything_is_sent(clone: Clone, backend: Backend, tmp_path: Path) -> None:
    printed = " ".join(register(clone, backend.config(tmp_path), expect=2).replace("│", "").split())
    assert "make images-pin" in printed
    assert "data, train, inference" in printed
    assert backend.records == Records()


def test_remote_run_with_unpinned_images_is_refused(clone: Clone, backend: Backend, tmp_path: Path) -> None:
    assert "make images-pin" in remote_run(clone, backend.config(tmp_path), expect=2)
    assert backend.records == Records()


def test_registration_sends_every_entity(registered: Records) -> None:
    assert registered.names("tasks") >= STATIONS
    assert registered.names("workflows") == {
        "workflows.factory.factory",
        "workflows.release.promote",
        "workflows.synthesis.synthesis",
    }
    assert registered.names("launch_plans") >= {"continuous-laptop", "factory-laptop", "factory-smoke"}
    images = {spec.template.container.image for spec in registered.tasks.values()}
    assert images == {f"registry.example/{name}:v1@sha256:{name[0] * 64}" for name in ("data", "train", "inference")}
    assert ("continuous-laptop", "v1") in registered.active
    assert not registered.executions


def test_registration_carries_the_code_and_no_state(clone: Clone, registered: Records) -> None:
    sent = archive(registered)
    for name in ("configs/laptop.md", "dockerfiles/images.json", "lib/model_factory/cards/parse.py"):
        assert sent[name] == (clone.folder / name).read_bytes()
    assert not [name for name in sent if name.startswith((".git/", ".venv", ".factory"))]
    ingest = list(registered.only("tasks", "tasks.ingest.ingest").template.container.args)
    (uploaded,) = [f"s3://bucket/{path}" for path in registered.uploads if path.endswith(".tar.gz")]
    assert ingest[:3] == ["pyflyte-fast-execute", "--additional-distribution", uploaded]
    assert ingest[ingest.index("--dest-dir") + 1] == "/root", "where the images' PYTHONPATH points"


def test_another_checkout_registers_the_same_and_activates_nothing_unasked(
    registered: Records, backend: Backend, tmp_path: Path, pinned: dict[str, str]
) -> None:
    register(unpinned_clone(tmp_path / "elsewhere"), backend.config(tmp_path), **pinned)
    assert backend.records.launch_plans == registered.launch_plans
    assert backend.records.tasks == registered.tasks
    assert backend.records.uploads.keys() == registered.uploads.keys()
    assert not backend.records.active


def test_remote_run_sends_the_cards_text_with_its_parents(clone: Clone, launched: Records) -> None:
    (execution,) = launched.executions
    assert (execution.project, execution.domain, execution.name) == ("research", "development", "first")
    assert execution.spec.launch_plan.name == "workflows.factory.factory"
    card = Card(execution.inputs.literals["card"].scalar.primitive.string_value)
    assert [file.path for file in card.files] == [SMOKE, "configs/laptop.md"]
    for name in (SMOKE, "configs/laptop.md"):
        assert (clone.folder / name).read_text() in card.text


def test_remote_run_carries_what_is_imported_late(clone: Clone, launched: Records) -> None:
    sent = archive(launched)
    assert {"dockerfiles/images.json", SMOKE, "workflows/release.py"} <= sent.keys()
    modules = {str(path.relative_to(clone.folder)) for path in (clone.folder / "lib").rglob("*.py")}
    assert modules <= sent.keys()


def test_remote_run_refuses_a_typo_before_anything_is_sent(
    clone: Clone, backend: Backend, tmp_path: Path, pinned: dict[str, str]
) -> None:
    card = tmp_path / "typo.md"
    card.write_text(f"---\nextends: {clone.folder / SMOKE}\nname: typo\nrl: {{num_stepz: 3}}\n---\n")
    printed = remote_run(clone, backend.config(tmp_path), str(card), expect=2, **pinned)
    assert "did you mean 'num_steps'" in " ".join(printed.replace("│", "").split())
    assert backend.records == Records()
