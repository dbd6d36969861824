"""A station's checkpoints: kept as it goes, gone on from after it was stopped."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from model_factory import ledger, weights
from model_factory.cards.training import Parallel
from model_factory.nouns import Architecture, Checkpoint, Lineage, Mesh, station_key
from model_factory.nouns.home import room
from model_factory.trainer.learner import Learner
from model_factory.trainer.processes import Processes


@dataclass
class Recovery:
    """One station's folder of steps.

    `base_step` and `base_tokens` are what the checkpoint it started from had seen; `num_tokens` is what
    the station has read itself, kept and restored with the weights. Steps up to those of `earlier` (last step,
    folder) lie in folders of their own: there the station was another one's equal. `marks` are written beside
    the weights, and are those that stood there after `load`.
    """

    station: str
    folder: Path
    num_steps: int
    tokenizer: str
    lineage: Lineage
    base_step: int = 0
    base_tokens: int = 0
    num_tokens: int = 0
    earlier: list[tuple[int, Path]] = field(default_factory=list)
    marks: dict[str, Any] = field(default_factory=dict)

    def place(self, step: int) -> Path:
        """Where the checkpoint of `step` lies."""
        folder = next((folder for last, folder in self.earlier if step <= last), self.folder)
        return weights.step_folder(folder, step)

    def finished(self) -> Checkpoint | None:
        """The checkpoint of the last step, if an earlier call got there; every process may ask."""
        last = self.place(self.num_steps)
        try:
            found = weights.verify(last)
        except (weights.IncompleteCheckpoint, weights.DamagedCheckpoint):
            return None
        return self._checkpoint(last, found)

    def resume(self, learner: Learner) -> None:
        """Load the newest whole step into `learner`, chosen by the first process for all; none is no error."""
        self.load(learner, self.newest(learner.processes))

    def newest(self, processes: Processes) -> int:
        """The newest whole step, 0 if there is none; the first process chooses for all."""
        found = self._newest() if processes.rank == 0 else 0
        return processes.first_says(found, "the step to resume from")

    def load(self, learner: Learner, step: int) -> None:
        """Put `learner` where it was after `step`; 0 leaves it as it is."""
        if step:
            state, found = weights.read(self.place(step))
            learner.load(state)
            self.num_tokens = found["station_tokens"]
            self.marks = found.get("marks", {}) | self.marks

    def _newest(self) -> int:
        for last, folder in [(self.num_steps, self.folder), *reversed(self.earlier)]:
            if found := weights.newest(folder, last):
                return int(found.name.removeprefix("step-"))
        return 0

    def keep(self, learner: Learner, mesh: Parallel) -> None:
        """Write the step that `learner` has reached; returns in every process when it is whole."""
        if learner.processes.rank == 0:
            state = learner.state()
            step = learner.steps_done
            weights.save(self.place(step), state, marker=self._marker(learner, state, mesh))
            ledger.committed(step)
        learner.processes.wait(f"the checkpoint of step {learner.steps_done}")

    def _marker(self, learner: Learner, state: dict[str, Any], mesh: Parallel) -> dict[str, Any]:
        return {
            "station": self.station,
            "station_step": learner.steps_done,
            "station_tokens": self.num_tokens,
            "step": self.base_step + learner.steps_done,
            "num_tokens": self.base_tokens + self.num_tokens,
            "digest": weights.digest_of_state(state["model"]),
            "mesh": asdict(mesh),
            "model": asdict(learner.model.architecture),
            "tokenizer": self.tokenizer,
            "marks": self.marks,
        }

    def _checkpoint(self, folder: Path, found: dict[str, Any]) -> Checkpoint:
        return Checkpoint(
            uri=str(folder),
            station=self.station,
            step=found["step"],
            num_tokens=found["num_tokens"],
            digest=found["digest"],
            mesh=Mesh(**found["mesh"]),
            model=Architecture(**found["model"]),
            tokenizer=found["tokenizer"],
            lineage=self.lineage,
            blend=found.get("marks", {}).get("blend", ""),
        )

    def result(self) -> Checkpoint:
        """The finished station's checkpoint, the same in every process."""
        found = self.finished()
        if found is None:
            raise weights.IncompleteCheckpoint(
                f"{self.station}: {self.place(self.num_steps)} was written and is not whole; "
                "check the disk and run again"
            )
        return found


def station_folder(station: str, section: Any, *artifacts: Any) -> Path:
    """Where a station keeps its steps: named by its section and inputs, so another run of the same finds them."""
    return room("checkpoints") / f"{station}-{station_key(station, section, *artifacts)}"


def due(step: int, every: int, num_steps: int) -> bool:
    """Is something that happens `every` so many steps, and at the end, due after `step` (from 1)?"""
    return step % every == 0 or step == num_steps
