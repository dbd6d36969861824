"""The worker's loop: fork one process a program, watch it, kill all it left behind, report."""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import struct
import sys
import time
import traceback
import types
from collections.abc import Callable, Sequence

# Imported once, so that programs find them loaded: a fork shares them.
COMMON = ("bisect", "collections", "functools", "heapq", "itertools", "math", "operator", "random", "re", "string")
CHUNK = 65536
PR_SET_DUMPABLE = 4


def serve(confine: Callable[[dict], None], clean: Callable[[], None], prepared: Sequence[str]) -> None:
    """Answer requests on the socket at descriptor 0 until it closes.

    A request is {"source", "stdin", "limits"}; the answer {"status", "stdout", "stderr",
    "exit_code", "duration_s", "retire"}. `confine(limits)` runs in the forked process, `clean()`
    between programs. "retire" says that the worker cannot clean up and must be replaced. `prepared` are
    our own sources, compiled once; a program's source is only ever compiled in its own process.
    """
    # The sweep below kills every process it can see: only safe in a process namespace of our own.
    if os.getpid() != 1:
        raise RuntimeError("the sandbox's worker must be process 1 of its own process namespace")
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    channel = socket.socket(fileno=os.dup(0))
    for name in COMMON:
        importlib.import_module(name)
    compiled = {source: _compile(source) for source in prepared}
    gc.freeze()
    while (request := receive(channel)) is not None:
        answer = run(request, confine, compiled)
        answer["retire"] = not _cleaned(clean)
        send(channel, answer)


def run(request: dict, confine: Callable[[dict], None], compiled: dict[str, types.CodeType]) -> dict:
    """Run one program to its end or to a limit; nothing it started is alive when this returns."""
    limits, started = request["limits"], time.monotonic()
    stdin = os.memfd_create("stdin")
    os.write(stdin, request["stdin"].encode("utf-8", "surrogatepass"))
    os.lseek(stdin, 0, os.SEEK_SET)
    (out, out_end), (err, err_end) = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        source = request["source"]
        _become(lambda: compiled.get(source) or _compile(source), (stdin, out_end, err_end), limits, confine)
    for descriptor in (stdin, out_end, err_end):
        os.close(descriptor)
    collected: dict[int, bytearray] = {out: bytearray(), err: bytearray()}
    verdict = _watch(pid, collected, started + limits["wall_s"], limits["output_bytes"])
    exit_code, cpu_s = _sweep(pid)
    for descriptor, text in collected.items():
        while len(text) <= limits["output_bytes"] and (more := os.read(descriptor, CHUNK)):
            text += more
        os.close(descriptor)
    stdout, stderr = (_text(text, limits["output_bytes"]) for text in collected.values())
    if not verdict and sum(map(len, collected.values())) > limits["output_bytes"]:
        verdict = "output"
    return {
        "status": verdict or _status(exit_code, stderr, cpu_s >= limits["cpu_s"]),
        "stdout": stdout,
        "stderr": stderr,
        "exit_code": exit_code,
        "duration_s": time.monotonic() - started,
    }


def _watch(pid: int, collected: dict[int, bytearray], deadline: float, output_bytes: int) -> str:
    """Collect output until process `pid` ends ("") or a limit is reached ("timeout", "output")."""
    ended = os.pidfd_open(pid)
    poll = select.poll()
    for descriptor in (*collected, ended):
        poll.register(descriptor, select.POLLIN)
    try:
        while (left := deadline - time.monotonic()) > 0:
            ready = {descriptor for descriptor, _ in poll.poll(left * 1000)}
            for descriptor in ready - {ended}:
                more = os.read(descriptor, CHUNK)
                collected[descriptor] += more
                if not more:
                    poll.unregister(descriptor)
            if sum(map(len, collected.values())) > output_bytes:
                return "output"
            if ended in ready:
                return ""
        return "timeout"
    finally:
        os.close(ended)


def _sweep(pid: int) -> tuple[int, float]:
    """Kill every process of this namespace but ourselves and reap them: exit code and CPU seconds of `pid`.

    The kernel walks the processes under one lock, so a fork bomb cannot outrun it.
    """
    exit_code, cpu_s = 0, 0.0
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    while True:
        try:
            reaped, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return exit_code, cpu_s
        cpu_s = max(cpu_s, usage.ru_utime + usage.ru_stime)
        if reaped == pid:
            exit_code = os.waitstatus_to_exitcode(status)


def _status(exit_code: int, stderr: str, cpu_spent: bool) -> str:
    if exit_code == 0:
        return "ok"
    if exit_code == -signal.SIGXCPU or (exit_code == -signal.SIGKILL and cpu_spent):
        return "timeout"
    if exit_code < 0:
        return "killed"
    return "memory" if stderr.rstrip().rpartition("\n")[2].startswith("MemoryError") else "error"


def _become(
    code: Callable[[], types.CodeType],
    streams: tuple[int, int, int],
    limits: dict,
    confine: Callable[[dict], None],
) -> None:
    """Turn the forked process into the program; never returns."""
    exit_code = 1
    try:
        os.setsid()
        for target, descriptor in enumerate(streams):
            os.dup2(descriptor, target)
        os.closerange(3, 1 << 20)
        confine(limits)
        exit_code = _interpret(code)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(exit_code)


def _interpret(code: Callable[[], types.CodeType]) -> int:
    """Run the program as Python would run a script: its exit code, traceback on stderr."""
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    sys.argv = ["program.py"]
    exit_code = 0
    try:
        exec(code(), main.__dict__)
    except SystemExit as stop:
        exit_code = _code_of(stop)
    except BaseException as error:
        trace = error.__traceback__
        traceback.print_exception(type(error), error, trace.tb_next if trace else None)
        exit_code = 1
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return exit_code


def _compile(source: str) -> types.CodeType:
    return compile(source, "program.py", "exec", dont_inherit=True)


def _code_of(stop: SystemExit) -> int:
    if stop.code is None or isinstance(stop.code, int):
        return (stop.code or 0) & 0xFF
    print(stop.code, file=sys.stderr)
    return 1


def _cleaned(clean: Callable[[], None]) -> bool:
    try:
        if os.listdir("/tmp") or os.stat("/tmp").st_mode & 0o7777 != 0o1777:
            clean()
        return True
    except OSError:
        return False


def _text(collected: bytearray, limit: int) -> str:
    return bytes(collected[:limit]).decode("utf-8", "replace")


def receive(channel: socket.socket) -> dict | None:
    """One length-prefixed JSON message; None when the other side has closed."""
    header = _exactly(channel, 8)
    return None if header is None else json.loads(_exactly(channel, struct.unpack("!Q", header)[0]) or b"null")


def send(channel: socket.socket, message: dict) -> None:
    payload = json.dumps(message).encode()
    channel.sendall(struct.pack("!Q", len(payload)) + payload)


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < size:
        more = channel.recv(min(size - len(parts), 1 << 20))
        if not more:
            return None
        parts += more
    return bytes(parts)
