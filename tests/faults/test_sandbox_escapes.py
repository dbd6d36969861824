"""Programs that try to get out of the sandbox, each against every backend, as root and as nobody."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from model_factory.cards.limits import Limits
from model_factory.nouns.home import checkout
from model_factory.nouns.program import Execution, Program
from model_factory.sandbox.backends import BACKENDS, Backend
from model_factory.sandbox.worker import Worker, WorkerDied

LIMITS = Limits(wall_s=2.0, cpu_s=1.0, memory_bytes=128 << 20, output_bytes=20_000, file_bytes=1 << 20, num_processes=8)
ATTEMPT = """\
def attempt(what):
    try:
        print("did", what())
    except OSError as error:
        print("refused", error.errno)
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result
"""


@pytest.fixture(scope="module", params=BACKENDS, ids=lambda backend: backend.name)
def worker(request: pytest.FixtureRequest) -> Iterator[Worker]:
    backend: Backend = request.param
    try:
        worker = Worker(backend, LIMITS.file_bytes)
    except (WorkerDied, OSError) as error:
        pytest.skip(f"{backend.name} does not run on this host: {error}")
    yield worker
    worker.close()


@pytest.fixture(autouse=True)
def nothing_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every program the worker serves the next one, and no process but its own two is alive."""
    yield
    if "worker" not in request.fixturenames:
        return
    worker = request.getfixturevalue("worker")
    if worker.retired:
        return
    assert run(worker, "print('well')").stdout == "well\n"
    assert len(psutil.Process(worker.process.pid).children(recursive=True)) == 1


def run(worker: Worker, source: str) -> Execution:
    """Fails with WorkerDied if the program takes the worker down."""
    return worker.run(Program(source), LIMITS)


def refused(worker: Worker, *attempts: str) -> None:
    """Every attempt must end in an OSError, and the program in good health."""
    source = ATTEMPT + "".join(f"attempt(lambda: {attempt})\n" for attempt in attempts)
    execution = run(worker, source)
    assert execution.status == "ok", execution
    outcomes = execution.stdout.splitlines()
    assert len(outcomes) == len(attempts)
    succeeded = [attempt for attempt, outcome in zip(attempts, outcomes, strict=True) if outcome.startswith("did")]
    assert not succeeded, execution.stdout


def test_network(worker: Worker) -> None:
    """A server of the host's loopback, the world, a name, and the hypervisor's socket family."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port), 2).close()
        refused(
            worker,
            f"__import__('socket').create_connection(('127.0.0.1', {port}), 1)",
            "__import__('socket').create_connection(('1.1.1.1', 53), 1)",
            "__import__('socket').getaddrinfo('example.org', 80)",
            "__import__('socket').socket(40, 1)",
            "__import__('socket').socket(16, 3)",
        )


def test_secrets_of_the_environment(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    fresh = Worker(worker.backend, LIMITS.file_bytes)
    source = """
import os, ctypes
print(dict(os.environ))
for path in ("/proc/self/environ", "/proc/1/environ", "/proc/2/environ"):
    try:
        print(open(path, "rb").read())
    except OSError:
        pass
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
print([environ[index] for index in range(3) if environ and environ[index]])
"""
    execution = run(fresh, source)
    fresh.close()
    assert execution.status == "ok"
    assert execution.stdout.splitlines()[0] == "{}"
    assert "hunter2" not in execution.stdout


def test_files_of_the_host(worker: Worker, tmp_path: Path) -> None:
    lake = tmp_path / "lake.db"
    lake.write_text("rows")
    paths = [str(lake), str(checkout() / "pyproject.toml"), "/etc/passwd", "/etc/shadow", "/proc/self/status"]
    paths += ["/proc/1/root/etc/passwd", "/sys/kernel/vmcoreinfo", "/dev/mem", "/dev/vda", "/.host/etc/passwd"]
    paths += [str(Path.home() / ".bashrc"), sys.prefix + "/pyvenv.cfg", "/var/log/dpkg.log", "/run/docker.sock"]
    refused(worker, *[f"open({path!r}).read(1)" for path in paths if not path.startswith(sys.base_prefix)])


def test_writes_outside_the_scratch_folder(worker: Worker) -> None:
    folders = [
        "/",
        "/usr",
        "/usr/lib",
        "/etc",
        "/dev",
        "/root",
        "/bin",
        "/lib",
        sys.base_prefix,
        os.path.dirname(os.__file__),
    ]
    refused(worker, *[f"open({folder + '/planted'!r}, 'w')" for folder in folders], f"open({os.__file__!r}, 'a')")


def test_every_mount_but_the_scratch_folder_is_read_only(worker: Worker) -> None:
    """File permissions alone would not protect what belongs to the user who runs the factory."""
    folders = ["/", "/usr", "/etc/ld.so.cache", os.path.dirname(os.__file__)]
    source = f"import os\nprint([os.statvfs(path).f_flag & os.ST_RDONLY for path in {[*folders, '/tmp']}])"
    assert run(worker, source).stdout == f"{[1] * len(folders) + [0]}\n"


def test_links_out(worker: Worker) -> None:
    links = ["/etc/passwd", "/proc/1/root/etc/passwd", str(checkout() / "README.md"), "../../etc/shadow"]
    source = ATTEMPT + "import os\n"
    for number, target in enumerate(links):
        source += f"os.symlink({target!r}, '/tmp/link{number}')\nattempt(lambda: open('/tmp/link{number}').read(1))\n"
    fresh = Worker(worker.backend, LIMITS.file_bytes)
    outcomes = run(fresh, source).stdout.splitlines()
    fresh.close()
    assert [outcome.split()[0] for outcome in outcomes] == ["refused"] * len(links)


def test_filling_the_scratch_folder(worker: Worker) -> None:
    """One large file, many middling ones, anonymous files: all together no more than the limit."""
    source = """
import os
def fill(open_next):
    written = 0
    for number in range(40):
        try:
            with open_next(number) as file:
                for _ in range(40):
                    written += file.write(bytes(65536))
        except OSError:
            pass
    return written
print(fill(lambda number: open(f"/tmp/{number}", "wb", buffering=0)))
try:
    while True:
        os.write(memory, bytes(65536)) if "memory" in dir() else None
        memory = globals().setdefault("memory", os.memfd_create("x"))
except OSError:
    print(os.fstat(memory).st_size)
"""
    fresh = Worker(worker.backend, LIMITS.file_bytes)
    written = [int(line) for line in run(fresh, source).stdout.split()]
    fresh.close()
    assert len(written) == 2
    assert 0 < written[0] <= LIMITS.file_bytes
    assert 0 < written[1] <= LIMITS.file_bytes


def test_memory_bomb(worker: Worker) -> None:
    execution = run(worker, "hoard = []\nwhile True:\n    hoard.append(bytearray(1 << 20))")
    assert execution.status == "memory"
    caught = "try:\n    bytearray(1 << 40)\nexcept MemoryError:\n    print('caught')"
    assert run(worker, caught).stdout == "caught\n"
    assert run(worker, "import mmap\nmmap.mmap(-1, 1 << 29)").status == "error"


def test_endless_loops(worker: Worker) -> None:
    """Asleep it meets the wall clock, awake the CPU limit; catching everything helps neither."""
    sleeping = run(
        worker, "import time\nwhile True:\n    try:\n        time.sleep(9)\n    except BaseException:\n        pass"
    )
    assert sleeping.status == "timeout"
    assert LIMITS.wall_s <= sleeping.duration_s < LIMITS.wall_s + 5
    busy = "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True:\n    pass"
    assert run(worker, busy).status == "timeout"


@pytest.mark.parametrize("descriptor", [1, 2])
def test_output_flood(worker: Worker, descriptor: int) -> None:
    execution = run(worker, f"import os\nwhile True:\n    os.write({descriptor}, b'x' * 65536)")
    assert execution.status == "output"
    assert execution.duration_s < LIMITS.wall_s
    assert len(execution.stdout) + len(execution.stderr) <= LIMITS.output_bytes


def test_flood_and_leave(worker: Worker) -> None:
    """More than allowed, but little enough for the pipe to take at once."""
    assert run(worker, "import os\nos.write(1, b'x' * 30_000)").status == "output"


def test_daemons_die_with_their_program(worker: Worker) -> None:
    source = """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        time.sleep(60)
    os._exit(0)
os.wait()
print("left")
"""
    execution = run(worker, source)
    assert (execution.status, execution.stdout) == ("ok", "left\n")
    assert execution.duration_s < LIMITS.wall_s


def test_fork_bomb(worker: Worker) -> None:
    counted = """
import os, time
for number in range(100):
    try:
        if os.fork() == 0:
            time.sleep(60)
    except OSError:
        print(number)
        break
"""
    execution = run(worker, counted)
    assert execution.status == "ok"
    assert 0 < int(execution.stdout) <= LIMITS.num_processes
    endless = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
    assert run(worker, endless).status == "timeout"


def test_thread_bomb(worker: Worker) -> None:
    source = """
import threading, time
for _ in range(1000):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
"""
    execution = run(worker, source)
    assert execution.status == "error"
    assert "can't start new thread" in execution.stderr


def test_signals_to_others(worker: Worker) -> None:
    """The worker shrugs them off; everybody else is out of sight."""
    source = """
import os
for pid in (os.getppid(), 1):
    for number in (9, 15, 19):
        try:
            os.kill(pid, number)
        except OSError:
            pass
print("done")
"""
    assert run(worker, source).stdout == "done\n"
    others = [os.getpid(), os.getppid(), worker.process.pid]
    refused(worker, *[f"__import__('os').kill({pid}, 0)" for pid in others if pid > 10])


def test_reaching_into_the_worker(worker: Worker) -> None:
    """Its memory, its descriptors, its debugging interface."""
    ptrace, readv, pidfd_getfd = {"x86_64": (101, 310, 438), "aarch64": (117, 270, 438)}[os.uname().machine]
    refused(
        worker,
        f"call({ptrace}, 16, 1, 0, 0)",
        f"call({readv}, 1, ctypes.create_string_buffer(16), 1, ctypes.create_string_buffer(16), 1, 0)",
        f"call({pidfd_getfd}, __import__('os').pidfd_open(1), 0, 0)",
        "open('/proc/1/mem', 'rb')",
        "__import__('os').read(3, 1)",
    )


def test_getting_rights_back(worker: Worker) -> None:
    """Namespaces, mounts, roots, users, limits."""
    unshare, clone = {"x86_64": (272, 56), "aarch64": (97, 220)}[os.uname().machine]
    refused(
        worker,
        *[f"call({unshare}, {flag})" for flag in (0x10000000, 0x00020000, 0x40000000)],
        f"call({clone}, 0x10000000 | 17, 0, 0, 0, 0)",
        "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) and call(-1)",
        "libc.umount2(b'/usr', 2) and call(-1)",
        "__import__('os').chroot('/tmp')",
        "__import__('os').setgroups([0, 1])",
        "__import__('os').setresuid(1234, 1234, 1234)",
        "__import__('os').nice(-5)",
        "__import__('os').mknod('/tmp/disk', 0o60666, 0x0801)",
    )
    raised = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40))"
    assert run(worker, raised).status == "error"


def test_exhausting_descriptors_and_inodes(worker: Worker) -> None:
    descriptors = """
import os
kept = []
try:
    while True:
        kept.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    print(len(kept))
"""
    assert int(run(worker, descriptors).stdout) <= 64
    files = """
created = 0
try:
    while created < 5000:
        open(f"/tmp/{created}", "w").close()
        created += 1
except OSError:
    pass
print(created)
"""
    fresh = Worker(worker.backend, LIMITS.file_bytes)
    created = int(run(fresh, files).stdout)
    again = fresh.retired or run(fresh, files).stdout == f"{created}\n"
    fresh.close()
    assert again
    # Bubblewrap cannot limit a tmpfs's inodes; they go when the worker is replaced.
    assert created < 1100 or worker.backend.name == "bubblewrap"


def test_what_the_worker_holds(worker: Worker) -> None:
    """No module or path of ours is in reach of a program: it could otherwise read rewards and tests."""
    source = """
import gc, sys
print([name for name in sys.modules if "model_factory" in name], [path for path in sys.path if "site-packages" in path])
try:
    import torch
except ImportError as error:
    print(error)
print(any(isinstance(item, str) and "hidden-reward" in item and item != "hidden-reward" for item in gc.get_objects()))
"""
    assert run(worker, source).stdout == "[] []\nNo module named 'torch'\nFalse\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="the tests run as an ordinary user already")
def test_all_of_it_as_an_ordinary_user() -> None:
    """The same programs, from a test run that belongs to nobody."""
    python = _python_for_everyone()
    libraries = [str(checkout() / "lib"), *[path for path in sys.path if path.endswith("site-packages")]]
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", python, "-B"]
    command += ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", "/", "-c", "/dev/null"]
    scratch = f"/tmp/nobody-{os.getpid()}"
    command += ["--import-mode=importlib", "--basetemp", scratch, __file__]
    environment = {"PYTHONPATH": os.pathsep.join(libraries), "PATH": os.environ["PATH"], "HOME": "/"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, cwd="/")
    shutil.rmtree(scratch, ignore_errors=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed, 1 skipped" in done.stdout, done.stdout


def _python_for_everyone() -> str:
    """An interpreter of our version that an ordinary user may execute."""
    # Started twice: until its first exec, setpriv still has root's right to pass any folder.
    again = "import subprocess, sys; subprocess.run([sys.executable, '-c', ''], check=True)"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (os.path.realpath(sys.executable), shutil.which(version, path="/usr/bin:/usr/local/bin")):
        probe = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(python), "-c", again]
        if python and shutil.which("setpriv") and subprocess.run(probe, capture_output=True).returncode == 0:
            return python
    pytest.skip(f"no {version} that an ordinary user may execute, or no setpriv (util-linux)")
