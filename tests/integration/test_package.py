"""`pyflyte --pkgs workflows package`: what a backend would be told, read from the protobufs and without a backend."""

from typing import Any

import pytest
from flyteidl.admin import launch_plan_pb2
from flyteidl.core import tasks_pb2

from model_factory.cards.card import Card
from model_factory.cards.images import image_references
from model_factory.cards.parse import parse
from model_factory.cards.sections import STATIONS
from model_factory.nouns.home import checkout
from packaged import Package, task_of

FACTORY = "workflows.factory.factory"
# Task → its section of the card, the image it runs in.
STATION_TASKS = {
    "tasks.ingest.ingest": ("ingest", "data"),
    "tasks.clean.clean_shard": ("clean", "data"),
    "tasks.deduplicate.sign_shard": ("deduplicate", "data"),
    "tasks.deduplicate.find_pairs": ("deduplicate", "data"),
    "tasks.deduplicate.find_repeats": ("deduplicate", "data"),
    "tasks.deduplicate.cut_shard": ("deduplicate", "data"),
    "tasks.decontaminate.match_shard": ("decontaminate", "data"),
    "tasks.decontaminate.decontaminate": ("decontaminate", "data"),
    "tasks.curate.measure_shard": ("curate", "data"),
    "tasks.curate.curate": ("curate", "data"),
    "tasks.validate.validate": ("validate", "data"),
    "tasks.bias.stratify": ("bias", "data"),
    "tasks.tokenize.train_tokenizer": ("tokenize", "data"),
    "tasks.tokenize.pack": ("tokenize", "data"),
    "tasks.pretrain.pretrain": ("pretrain", "train"),
    "tasks.problems.make_problems": ("problems", "data"),
    "tasks.sft_data.execute_functions": ("sft_data", "inference"),
    "tasks.labels.check_labels": ("labels", "inference"),
    "tasks.sft.sft": ("sft", "train"),
    "tasks.rl.reinforce": ("rl", "train"),
    "tasks.rl.commit_transcripts": ("rl", "train"),
    "tasks.evaluate.write_texts": ("evaluate", "inference"),
    "tasks.evaluate.evaluate": ("evaluate", "inference"),
    "tasks.release.release": ("release", "train"),
}
# Takes only the part of its section that its result depends on.
PARTS = {
    "tasks.curate.measure_shard": "measure",
    "tasks.deduplicate.find_repeats": "repeats",
    "tasks.deduplicate.cut_shard": "repeats",
    "tasks.decontaminate.match_shard": "matching",
}
MESH_TASKS = {"tasks.pretrain.pretrain", "tasks.sft.sft", "tasks.rl.reinforce"}
UNCACHED = {
    "tasks.resolve.resolve",
    "tasks.clean.plan_shards",
    "tasks.validate.scrap_of",
    "tasks.validate.published_before",
    "tasks.validate.admit",
    "tasks.bias.reweigh",
    "tasks.report.report",
}
# Pretraining's section is the card's, handed on by these: without sources left out, divided among strata.
HANDED_ON = {"tasks.validate.admit": "tasks.resolve.resolve", "tasks.bias.reweigh": "tasks.validate.admit",
             "tasks.pretrain.pretrain": "tasks.bias.reweigh"}  # fmt: skip


def test_every_station_is_a_task_with_its_image(package: Package) -> None:
    references = image_references()
    images = {name: package.tasks[name].container.image for name in STATION_TASKS}
    assert images == {name: references[image] for name, (_, image) in STATION_TASKS.items()}
    assert {section for section, _ in STATION_TASKS.values()} == set(STATIONS)


@pytest.mark.parametrize("name", STATION_TASKS)
def test_stations_are_cached_by_everything_but_the_lock(package: Package, name: str) -> None:
    metadata = package.tasks[name].metadata
    assert metadata.discoverable
    assert metadata.discovery_version
    assert list(metadata.cache_ignore_input_vars) == ["lock"]
    inputs = package.tasks[name].interface.inputs.variables
    assert {"section", "lock"} <= inputs.keys()


@pytest.mark.parametrize("name", STATION_TASKS)
def test_stations_take_their_section_and_give_one_artifact(package: Package, name: str) -> None:
    interface = package.tasks[name].interface
    section = interface.inputs.variables["section"].type
    if section.HasField("union_type"):
        section = next(one for one in section.union_type.variants if one.metadata)
    assert section.metadata["title"].lower() == PARTS.get(name, STATION_TASKS[name][0]).replace("_", "")
    assert "code" in section.metadata["properties"], "the code's digest must be part of the cache key"
    assert list(interface.outputs.variables) == ["o0"]
    assert "digest" in interface.outputs.variables["o0"].type.metadata["properties"]


def test_what_depends_on_files_or_prints_is_never_cached(package: Package) -> None:
    assert {name for name in UNCACHED if package.tasks[name].metadata.discoverable} == set()


@pytest.mark.parametrize("name", sorted(STATION_TASKS.keys() | UNCACHED))
def test_every_task_asks_for_memory_and_processors(package: Package, name: str) -> None:
    requests = package.tasks[name].container.resources.requests
    asked = {tasks_pb2.Resources.ResourceName.Name(entry.name): entry.value for entry in requests}
    assert int(asked["CPU"]) >= 1
    assert asked["MEMORY"].endswith("Gi")


def test_training_is_one_plain_pod_that_may_die_three_times(package: Package) -> None:
    for name, task in package.tasks.items():
        assert task.type == "python-task", f"{name}: one node needs no operator"
        assert not task.custom.fields
        assert task.metadata.retries.retries == (3 if name in MESH_TASKS else 0), name
    assert package.node(FACTORY, "tasks.pretrain.pretrain").metadata.retries.retries == 3


def test_cleaning_is_mapped_over_shards_and_no_shard_may_fail(package: Package) -> None:
    node = package.node(FACTORY, "tasks.clean.map_clean_shard")
    assert node.WhichOneof("target") == "array_node"
    assert node.array_node.min_success_ratio == 1
    assert set(node.array_node.bound_inputs) == {"section", "documents", "lock"}
    mapped = package.tasks[task_of(node)]
    assert mapped.container.args[0] == "pyflyte-map-execute"
    assert mapped.interface.inputs.variables["shard"].type.collection_type.simple != 0
    assert mapped.metadata.discoverable
    assert list(mapped.metadata.cache_ignore_input_vars) == ["lock"]


def test_the_line_takes_a_card_and_gives_a_release(package: Package) -> None:
    interface = package.workflows[FACTORY].interface
    assert list(interface.inputs.variables) == ["card"]
    (output,) = interface.outputs.variables.values()
    assert output.type.metadata["title"] == "Release"
    assert package.launch_plans[FACTORY].default_inputs.parameters["card"].required


def test_sections_and_lock_come_from_the_card_alone(package: Package) -> None:
    for node in package.workflows[FACTORY].nodes:
        for binding in node.inputs:
            if binding.var in ("section", "lock"):
                by = HANDED_ON.get(task_of(node), "") if binding.var == "section" else ""
                assert binding.binding.promise.node_id == package.node(FACTORY, by or "tasks.resolve.resolve").id
    assert {"rl", "lock", "listing"} <= package.tasks["tasks.resolve.resolve"].interface.outputs.variables.keys()


def test_every_card_is_a_launch_plan_with_its_text_bound(package: Package) -> None:
    cards = sorted((checkout() / "configs").glob("*.md"))
    assert len(cards) >= 2
    for path in cards:
        sections = parse(Card.read(path))
        plan = package.launch_plans[f"factory-{sections.name}"]
        assert _unbound(package, plan) == set()
        text = plan.fixed_inputs.literals["card"].scalar.primitive.string_value
        assert Card(text).path == f"configs/{path.name}"
        assert path.read_text() in text
        assert parse(Card(text)) == sections
        assert plan.annotations.values["owner"] == sections.owner
        assert plan.labels.values["team"] == sections.team
        assert plan.max_parallelism > 0
        assert not plan.entity_metadata.HasField("schedule")
        assert not plan.entity_metadata.notifications


def test_continuous_training_runs_weekly_one_at_a_time(package: Package) -> None:
    plan = package.launch_plans["continuous-laptop"]
    laptop = parse(Card.read(checkout() / "configs" / "laptop.md"))
    cron = plan.entity_metadata.schedule.cron_schedule.schedule
    assert cron == laptop.placement.cadence
    minute, hour, day, month, weekday = cron.split()
    assert (day, month) == ("*", "*")
    assert [minute, hour, weekday] == [field for field in (minute, hour, weekday) if field.isdigit()], "once a week"
    assert _unbound(package, plan) == set(), "a scheduled plan with an open input never starts"
    assert plan.concurrency_policy.max == 1
    assert plan.concurrency_policy.behavior == launch_plan_pb2.CONCURRENCY_LIMIT_BEHAVIOR_SKIP


def test_promotion_waits_for_a_person(package: Package) -> None:
    nodes = {node.id: node for node in package.workflows["workflows.release.promote"].nodes}
    (gate,) = [node for node in nodes.values() if node.WhichOneof("target") == "gate_node"]
    assert gate.gate_node.approve.signal_id == "approve"
    assert gate.metadata.timeout.seconds > 0
    (crown,) = [node for node in nodes.values() if task_of(node) == "tasks.promote.crown"]
    released = next(binding for binding in crown.inputs if binding.var == "release")
    assert released.binding.promise.node_id == gate.id, "crowned is what was approved"
    assert not package.tasks["tasks.promote.crown"].metadata.discoverable


def _unbound(package: Package, plan: Any) -> set[str]:
    """Inputs that somebody would have to give when the plan is launched."""
    wanted = set(package.workflows[plan.workflow_id.name].interface.inputs.variables)
    defaults = {name for name, one in plan.default_inputs.parameters.items() if not one.required}
    return wanted - set(plan.fixed_inputs.literals) - defaults
