"""The processes of a mesh and what they say to one another."""

import ctypes
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from model_factory.cards.training import Parallel

# Longer than any step, evaluation or checkpoint that the others may wait for.
TIMEOUT_S = 300.0
_PR_SET_PDEATHSIG = 1
Row = TypeVar("Row")


class PeerLost(RuntimeError):
    """Another process of the mesh died, failed or stood still."""


@dataclass(frozen=True)
class Processes:
    """This process (`rank`, from 0) among the `size` of its mesh."""

    rank: int
    size: int

    def share(self, rows: Sequence[Row]) -> Sequence[Row]:
        """This process's part of a step's rows: the rank-th of `size` equal runs. ValueError if they are not equal."""
        each, left = divmod(len(rows), self.size)
        if left:
            raise ValueError(f"{len(rows)} rows cannot be shared equally by mesh.dp_replicate {self.size} processes")
        return rows[self.rank * each : (self.rank + 1) * each]

    def sum(self, tensor: Tensor, what: str) -> None:
        """Replace `tensor` in every process by the sum over all; `what` names it in the error of a lost peer."""
        if self.size == 1:
            return
        try:
            dist.all_reduce(tensor)
        except RuntimeError as error:
            raise PeerLost(
                f"process {self.rank} waited up to {TIMEOUT_S:.0f} s for the {self.size - 1} others of the mesh, for "
                f"{what}, and lost one ({error}); its own output says why. Run again: the station goes on from its "
                "newest step"
            ) from error

    def first_says(self, value: int, what: str) -> int:
        """The first process's `value`, in every process."""
        told = torch.tensor([value if self.rank == 0 else 0], dtype=torch.int64)
        self.sum(told, what)
        return int(told)

    def wait(self, what: str) -> None:
        """Return once every process has come here."""
        self.sum(torch.zeros(1), what)


@contextmanager
def joined(mesh: Parallel) -> Iterator[Processes]:
    """This process's place in the mesh, with the mesh's threads and deterministic kernels set while it lasts.

    `RANK`, `WORLD_SIZE`, `MASTER_ADDR` and `MASTER_PORT` are torch elastic's; gloo joins them, or the
    group that is already there does. ValueError unless as many processes run as the mesh asks for.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size != mesh.dp_replicate:
        raise ValueError(
            f"mesh.dp_replicate: {mesh.dp_replicate} processes are asked for and {size} run (WORLD_SIZE); "
            f"start {mesh.dp_replicate} of them (torchrun --nproc-per-node {mesh.dp_replicate}), or set it to {size}"
        )
    _end_with_the_agent()
    ours = size > 1 and not dist.is_initialized()
    if ours:
        dist.init_process_group("gloo", timeout=timedelta(seconds=TIMEOUT_S))
    try:
        with _settings(mesh.threads):
            yield Processes(int(os.environ.get("RANK", "0")), size)
    finally:
        if ours:
            dist.destroy_process_group()


def _end_with_the_agent() -> None:
    """Have the kernel kill this process when the one that started it dies.

    torch elastic's workers outlive an agent that was killed: they would train on, and write to the
    same folder as those of the next attempt.
    """
    if "TORCHELASTIC_RUN_ID" in os.environ and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@contextmanager
def _settings(threads: int) -> Iterator[None]:
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    memory: Any = torch.utils.deterministic
    filling = memory.fill_uninitialized_memory
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    # Costs a pass over every new tensor, and nothing here reads memory that it did not write.
    memory.fill_uninitialized_memory = False
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])
        memory.fill_uninitialized_memory = filling
