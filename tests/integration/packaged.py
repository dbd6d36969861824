"""What `pyflyte --pkgs workflows package` writes, from a clone, read back from the protobufs."""

import tarfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flyteidl.admin import launch_plan_pb2, task_pb2, workflow_pb2

from clone import Clone

# On an idle machine with two cores it is below 15 s; here others may be using them.
TIMEOUT_S = 240


@dataclass
class Package:
    """The package's entities by name."""

    tasks: dict[str, Any] = field(default_factory=dict)
    workflows: dict[str, Any] = field(default_factory=dict)
    launch_plans: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, content: bytes) -> None:
        """Files are called `NN_NAME_KIND.pb`; kind 1 is a task, 2 a workflow, 3 a launch plan."""
        kind = name.removesuffix(".pb")[-1]
        if kind == "1":
            task = task_pb2.TaskSpec.FromString(content)
            self.tasks[task.template.id.name] = task.template
        elif kind == "2":
            workflow = workflow_pb2.WorkflowSpec.FromString(content)
            self.workflows[workflow.template.id.name] = workflow.template
        elif kind == "3":
            plan = launch_plan_pb2.LaunchPlan.FromString(content)
            self.launch_plans[plan.id.name] = plan.spec

    def node(self, workflow: str, task: str) -> Any:
        """The only node of a workflow whose task's name begins so."""
        found = [node for node in self.workflows[workflow].nodes if task_of(node).startswith(task)]
        assert len(found) == 1, f"{len(found)} nodes of {workflow} run {task}"
        return found[0]

    @staticmethod
    def make(folder: Path) -> "Package":
        """Package a clone in `folder`, no backend being configured."""
        clone, target, package = Clone.make(folder / "clone"), folder / "package.tgz", Package()
        started = time.monotonic()
        process = clone.start("pyflyte", "--pkgs", "workflows", "package", "--output", str(target))
        try:
            printed, _ = process.communicate(timeout=TIMEOUT_S)
        finally:
            process.kill()
        assert process.returncode == 0, printed
        print(f"packaged in {time.monotonic() - started:.1f} s")
        with tarfile.open(target) as tar:
            for member in tar.getmembers():
                package.add(member.name, tar.extractfile(member).read())  # type: ignore[union-attr]
        return package


def task_of(node: Any) -> str:
    """The name of the task that a node runs; empty for a gate."""
    if node.WhichOneof("target") == "array_node":
        return node.array_node.node.task_node.reference_id.name
    return node.task_node.reference_id.name
