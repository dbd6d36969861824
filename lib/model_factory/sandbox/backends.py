"""Ways to isolate a worker on this host, best first: our own namespaces, bubblewrap."""

import functools
import itertools
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from model_factory.sandbox import inside
from model_factory.sandbox.harness import HARNESS

INSIDE = Path(inside.__path__[0])
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
# Numbers that distributions leave to short-lived users (systemd's DynamicUser), one a worker, so
# that the kernel counts each worker's processes on their own.
FIRST_USER, NUM_USERS = 61184, 4000
_turns = itertools.count()


@dataclass(frozen=True)
class Backend:
    """A named way to start a worker. `description` is what the user is told."""

    name: str
    description: str

    def command(self, scratch_bytes: int) -> list[str]:
        """The argument vector of one worker whose `/tmp` holds `scratch_bytes` bytes."""
        settings = {
            "backend": self.name,
            "visible": [*SYSTEM, *DEVICES, *_installation()],
            "scratch_bytes": scratch_bytes,
            "program_uid": _program_uid(),
            "prepared": [HARNESS],
        }
        # -s -P -S is isolated mode (-I) but for the environment, which is empty save the hash seed.
        python, arguments = [_python(), "-s", "-P", "-S", "-B"], [json.dumps(settings)]
        if self.name == "namespaces":
            return [*python, str(INSIDE), *arguments]
        return [*_bubblewrap(scratch_bytes), *python, "/sandbox", *arguments]


BACKENDS = (
    Backend("namespaces", "user, mount, process, network, ipc and uts namespaces of its own, seccomp"),
    Backend("bubblewrap", "bubblewrap's namespaces, seccomp"),
)


def _bubblewrap(scratch_bytes: int) -> list[str]:
    wrapped = [shutil.which("bwrap") or "bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    wrapped += ["--hostname", "sandbox", "--as-pid-1", "--clearenv", "--setenv", "PYTHONHASHSEED", "0"]
    if os.geteuid() == 0:
        # The host's root is exempt from limits on processes: programs become another user, which takes these.
        wrapped += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_KILL"]
    else:
        wrapped += ["--unshare-user"]
    wrapped += ["--ro-bind", str(INSIDE), "/sandbox"]
    # Left to itself bubblewrap makes them for root alone, and programs are another user.
    for parent in sorted({str(up) for path in (*SYSTEM, *DEVICES, *_installation()) for up in Path(path).parents}):
        wrapped += ["--perms", "0755", "--dir", parent]
    for path in (*SYSTEM, *_installation()):
        if os.path.islink(path):
            wrapped += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            wrapped += ["--ro-bind", path, path]
    for path in DEVICES:
        wrapped += ["--dev-bind-try", path, path]
    return [*wrapped, "--perms", "1777", "--size", str(scratch_bytes), "--tmpfs", "/tmp", "--remount-ro", "/", "--"]


def _program_uid() -> int | None:
    if os.geteuid() != 0:
        return None
    return FIRST_USER + (os.getpid() + next(_turns)) % NUM_USERS


@functools.cache
def _python() -> str:
    """The interpreter beneath the virtual environment: nothing installed there is shown to programs."""
    return os.path.realpath(getattr(sys, "_base_executable", sys.executable))


@functools.cache
def _installation() -> tuple[str, ...]:
    """The folder of the Python installation, where `/usr` does not hold it already."""
    folder = os.path.realpath(sys.base_prefix)
    if Path(folder).is_relative_to("/tmp"):
        raise RuntimeError(
            f"sandbox: Python is installed in {folder}, under /tmp, which untrusted programs see empty; "
            "use a Python that is installed elsewhere"
        )
    return () if Path(folder).is_relative_to("/usr") else (folder,)
