"""What every station's task has in common: its cache key, its place in the log book, its Deck, its lock."""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Annotated, Any, Optional

from flytekit import Cache, Deck, HashMethod, Resources, task
from flytekit.core.context_manager import FlyteContext
from flytekit.core.local_cache import LocalTaskCache, _calculate_cache_key
from flytekit.core.promise import translate_inputs_to_literals
from flytekit.core.python_function_task import PythonFunctionTask
from flytekit.extend import TaskPlugins
from flytekit.models.literals import LiteralMap
from flytekitplugins.kfpytorch import Elastic
from flytekitplugins.kfpytorch.task import PytorchElasticFunctionTask

from model_factory import ledger
from model_factory.lake.disk import require_free_disk
from model_factory.ledger.exclusive import exclusive
from model_factory.nouns import Checkpoint, Lineage, Lock, Release, Scorecard, Snapshot, Tokenizer, station_key
from model_factory.nouns.home import room
from tasks import resources
from tasks.decks import described, lineage_page
from tasks.images import IMAGES
from tasks.told import told

# Artifacts are cached by what they hold: Iceberg's snapshot ids and run digests differ between equal runs.
_by_digest: Any = HashMethod(attrgetter("digest"))
_by_digest_if_any: Any = HashMethod(lambda artifact: getattr(artifact, "digest", "none"))
SnapshotOut = Annotated[Snapshot, _by_digest]
MaybeSnapshotOut = Annotated[Optional[Snapshot], _by_digest_if_any]
TokenizerOut = Annotated[Tokenizer, _by_digest]
CheckpointOut = Annotated[Checkpoint, _by_digest]
ScorecardOut = Annotated[Scorecard, _by_digest]
ReleaseOut = Annotated[Release, _by_digest]

# Bumped when the shape of a station's inputs or outputs changes; their meaning is in `section.code`.
INTERFACE_VERSION = "1"
MINIMUM_FREE_BYTES = 512 * 1024**2
IMAGE_OF: dict[str, str] = {}  # station → the image that its tasks declare
_executed: set[str] = set()
_amended: set[str] = set()  # stations whose last result is of a blend that was amended while they ran


@dataclass
class Station:
    """Marks a task as a station of the line; `name` is its section of the card."""

    name: str


@dataclass
class MeshStation(Elastic):
    """A station that runs once per process of its section's mesh, under torch elastic."""

    name: str = ""
    nnodes: int | str = 1
    increase_shared_mem: bool = False
    # Workers that die are the station's next attempt's business: it resumes from the newest checkpoint.
    max_restarts: int = 0
    rdzv_configs: dict[str, Any] = field(default_factory=lambda: {"timeout": 900, "join_timeout": 900})


class _Recorded:
    """An attempt in the log book around a task's body, and one process at a time per cache key. A station whose
    section the card does not have hands on what it is given, and nobody need know."""

    def execute(self, **inputs: Any) -> Any:
        station = self.task_config.name  # type: ignore[attr-defined]
        section, lock = inputs["section"], inputs["lock"]
        if section is None:
            return super().execute(**inputs)  # type: ignore[misc]
        artifacts = [value for value in inputs.values() if hasattr(value, "as_parent")]
        artifacts += [
            item for value in inputs.values() if isinstance(value, list) for item in value if hasattr(item, "as_parent")
        ]
        refuse_amended(lock, artifacts)
        require_free_disk(MINIMUM_FREE_BYTES)
        started = time.monotonic()
        key = station_key(station, section, *artifacts)
        if asked_anew(station):
            shutil.rmtree(room("checkpoints") / f"{station}-{key}", ignore_errors=True)
        with told(), ledger.attempt(lock, station, key, section, artifacts) as attempt:
            made = super().execute(**inputs)  # type: ignore[misc]
            attempt.made(made)
        _executed.add(station)
        if getattr(made, "amended", False):
            _amended.add(station)
        print(f"made {station}  {described(made)}  {time.monotonic() - started:.1f} s", flush=True)
        Deck("lineage", lineage_page(made))
        for title, html in attempt.pages:
            Deck(title, html)
        return made

    def local_execute(self, ctx: FlyteContext, **inputs: Any) -> Any:
        literals = translate_inputs_to_literals(ctx, inputs, self.interface.inputs, self.get_input_types())  # type: ignore[attr-defined]
        key = _calculate_cache_key(
            self.name,  # type: ignore[attr-defined]
            self.metadata.cache_version,  # type: ignore[attr-defined]
            LiteralMap(literals=literals),
            self.metadata.cache_ignore_input_vars,  # type: ignore[attr-defined]
        )
        name = self.task_config.name  # type: ignore[attr-defined]
        _executed.discard(name)
        _amended.discard(name)
        with exclusive(key), _overwriting(name):
            made = super().local_execute(ctx, **inputs)  # type: ignore[misc]
            if name in _amended:
                # What the card asks for is something else, and the run finds its own checkpoint by itself.
                LocalTaskCache._cache.delete(key)
        if name not in _executed and not _is_none(literals["section"]):
            print(f"cached {name}", flush=True)
        return made


def _is_none(literal: Any) -> bool:
    """Whether an optional input was not given."""
    return bool(literal.scalar and literal.scalar.union and literal.scalar.union.value.scalar.none_type)


class StationTask(_Recorded, PythonFunctionTask[Station]):
    def __init__(self, task_config: Station, task_function: Callable[..., Any], **options: Any):
        super().__init__(task_config=task_config, task_function=task_function, task_type="python-task", **options)


class MeshStationTask(_Recorded, PytorchElasticFunctionTask):
    def _execute(self, **inputs: Any) -> Any:
        """Elastic with as many processes as the section's mesh has, whatever the environment says."""
        mesh = inputs["section"].mesh
        os.environ["OMP_NUM_THREADS"] = str(mesh.threads)
        declared: Any = self.task_config
        self._task_config = replace(declared, nproc_per_node=mesh.dp_replicate)
        try:
            return super()._execute(**inputs)
        finally:
            self._task_config = declared


TaskPlugins.register_pythontask_plugin(Station, StationTask)
TaskPlugins.register_pythontask_plugin(MeshStation, MeshStationTask)


def station(
    name: str, *, image: str = "data", requests: Resources = resources.DATA, mesh: bool = False, retries: int = 0
) -> Callable[[Callable[..., Any]], Any]:
    """Declare a function as the task of a station: cached by section and inputs, never by the lock."""
    IMAGE_OF[name] = image
    return task(
        task_config=MeshStation(name=name) if mesh else Station(name),
        cache=Cache(version=INTERFACE_VERSION, ignored_inputs=("lock",)),
        container_image=IMAGES[image],
        requests=requests,
        retries=retries,
        enable_deck=True,
        deck_fields=(),
    )


def lineage(lock: Lock, station: str, *parents: Any) -> Lineage:
    """The lineage of what a station is about to make from `parents`."""
    return Lineage(
        run_digest=lock.run_digest,
        station=station,
        code=lock.code[station],
        commit=lock.commit,
        image=lock.images.get(IMAGE_OF.get(station, "data"), ""),
        parents=[parent.as_parent() for parent in parents],
    )


def refuse_amended(lock: Lock, artifacts: list[Any]) -> None:
    """Stop where a cache gives a run what another run's amended blend made of the same card.

    The local cache never keeps such a result; a backend's catalog does, since a task cannot take itself out.
    """
    for artifact in artifacts:
        if getattr(artifact, "amended", False) and artifact.lineage.run_digest != lock.run_digest:
            raise ValueError(
                f"{artifact.station}: checkpoint {artifact.digest[:12]} in the cache is of a blend that was amended "
                f"while run {artifact.lineage.run_digest[:12]} went, not what this card asks for; run again with "
                "`pyflyte run --overwrite-cache`, or write that run's amendments into the card"
            )


def asked_anew(station: str) -> bool:
    """Whether `factory rerun` wants the station made anew: `$FACTORY_RERUN` names it."""
    return station in os.environ.get("FACTORY_RERUN", "").split(",")


class _overwriting:
    """Within it flytekit ignores what is cached of a station that is asked anew."""

    def __init__(self, station: str):
        self.active = asked_anew(station)

    def __enter__(self) -> None:
        if self.active:
            os.environ["FLYTE_LOCAL_CACHE_OVERWRITE"] = "1"

    def __exit__(self, *_: object) -> None:
        if self.active:
            del os.environ["FLYTE_LOCAL_CACHE_OVERWRITE"]
