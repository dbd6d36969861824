"""What goes into the sandbox and what comes out."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "error", "timeout", "memory", "output", "killed"]


@dataclass(frozen=True)
class Program:
    """Python source to run as a script, and what it reads from standard input."""

    source: str
    stdin: str = ""


@dataclass(frozen=True)
class Execution:
    """How a program ended.

    `status`: ok (exit code 0), error (another one, or an uncaught exception), timeout (wall clock
    or CPU), memory (an uncaught MemoryError), output (it wrote more than allowed), killed (a
    signal, or its worker died twice). `stdout` and `stderr` are cut at `output_bytes`; `exit_code`
    is the negative signal number where a signal ended it. `duration_s` is wall clock and the only
    field that differs between equal runs: keep it out of tables.
    """

    status: Status
    stdout: str
    stderr: str
    exit_code: int
    duration_s: float
