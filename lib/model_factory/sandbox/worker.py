"""One isolated worker process, seen from outside."""

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
from dataclasses import asdict

from model_factory.cards.limits import Limits
from model_factory.nouns.program import Execution, Program
from model_factory.sandbox.backends import Backend
from model_factory.sandbox.inside.serve import receive, send

START_S = 30.0
# Added to a program's own wall clock: killing and reaping takes milliseconds, but the host may be busy.
GRACE_S = 20.0
PROBE = Program("print(6 * 7)")
# Generous: a probe that fails should mean the host, not a card's tight limits or a busy machine.
PROBE_LIMITS = Limits(
    wall_s=START_S, cpu_s=START_S, memory_bytes=256 << 20, output_bytes=4096, file_bytes=1 << 20, num_processes=8
)


class WorkerDied(RuntimeError):
    """The worker ended, or gave no answer, while the sandbox waited for it."""


class Worker:
    """A process that forks one confined child a program; not safe for use by two threads at once.

    Programs write to a `/tmp` of `scratch_bytes`. Starting costs about 0.1 s, a program then
    2–3 ms. WorkerDied if it cannot start; WorkerDied from `run` leaves it closed: make another.
    """

    def __init__(self, backend: Backend, scratch_bytes: int) -> None:
        self.scratch_bytes = scratch_bytes
        self.backend = backend
        self.channel, theirs = socket.socketpair()
        self.complaints = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self.process = subprocess.Popen(
                backend.command(scratch_bytes),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=self.complaints,
                env={"PYTHONHASHSEED": "0"},
                cwd="/",
                start_new_session=True,
            )
        finally:
            theirs.close()
        self.retired = False
        execution = self.run(PROBE, PROBE_LIMITS)
        if (execution.status, execution.stdout) != ("ok", "42\n"):
            self.close()
            raise WorkerDied(f"sandbox worker ({backend.name}): the probe program ended with {execution}")

    def run(self, program: Program, limits: Limits, grace_s: float = GRACE_S) -> Execution:
        """Run one program; WorkerDied when the worker ends or stays silent `grace_s` past the wall clock."""
        waited_s = limits.wall_s + grace_s
        self.channel.settimeout(waited_s)
        try:
            send(self.channel, {**asdict(program), "limits": asdict(limits)})
            answer = receive(self.channel)
        except TimeoutError:
            answer, why = None, f"no answer within {waited_s:.0f} s"
        except OSError as error:
            answer, why = None, str(error)
        else:
            why = "it closed the connection"
        if answer is None:
            complaint = self._complaint()
            self.close()
            raise WorkerDied(f"waited for the sandbox worker ({self.backend.name}) to run a program: {why}{complaint}")
        self.retired = answer.pop("retire")
        return Execution(**answer)

    def close(self) -> None:
        """End the worker and everything in its namespaces."""
        self.channel.close()
        self.complaints.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=GRACE_S)

    def _complaint(self) -> str:
        self.complaints.seek(0)
        lines = self.complaints.read().decode("utf-8", "replace").strip().splitlines()
        return f"; it said: {lines[-1]}" if lines else ""
