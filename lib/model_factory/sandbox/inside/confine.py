"""What a process gives up before it runs an untrusted program: rights, resources and system calls."""

import ctypes
import math
import os
import platform
import random
import resource
import signal
import struct

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 1, 22, 38, 2
CAPABILITY_VERSION_3 = 0x20080522
MAX_OPEN_FILES = 64
# Where programs share the worker's user, its own two processes count against RLIMIT_NPROC too.
WORKER_PROCESSES = 2

# BPF: load a word, compare, jump, return; a failing call's errno stands in the low bits of the result.
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
FOREIGN_NUMBERS = 0x40000000
ALL_NAMESPACES = 0x7E020000
FAMILIES = (1, 2, 10)

# Machine: (audit architecture, clone, clone3, socket, refused calls). The refused ones reach into other
# processes, mounts and namespaces, or into kernel interfaces that no solution to a problem needs.
SYSTEM_CALLS = {
    "x86_64": (
        (0xC000003E, 56, 435, 41),
        (101, 272, 308, 165, 166, 155, 161, 248, 249, 250, 321, 298, 323, 425, 310, 311, 246, 175, 313, 304),
    ),
    "aarch64": (
        (0xC00000B7, 220, 435, 198),
        (117, 97, 268, 40, 39, 41, 51, 217, 218, 219, 280, 241, 282, 425, 270, 271, 104, 105, 273, 265),
    ),
}
NEW_MOUNT_CALLS = (428, 429, 430, 432, 442)

libc = ctypes.CDLL(None, use_errno=True)


def confine(limits: dict, program_uid: int | None, system_calls: bytes) -> None:
    """Give up, for good, everything the program must not have. Call it in the forked process.

    `limits` holds the fields of the card's Limits; `program_uid` is the user to become where one
    is mapped; `system_calls` the BPF filter. OSError when the kernel refuses any of it.
    """
    os.umask(0o022)
    os.chdir("/tmp")
    _limit(limits, program_uid)
    _drop_rights(program_uid)
    _filter(system_calls)
    os.environ.clear()
    random.seed(0)


def _limit(limits: dict, program_uid: int | None) -> None:
    # Past the soft limit the kernel sends SIGXCPU, which says why; past the hard one it kills.
    cpu_s = math.ceil(limits["cpu_s"])
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    for kind, value in (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NPROC, limits["num_processes"] + (WORKER_PROCESSES if program_uid is None else 0)),
        (resource.RLIMIT_NOFILE, MAX_OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        resource.setrlimit(kind, (value, value))


def _drop_rights(program_uid: int | None) -> None:
    if program_uid is not None:
        os.setgroups([])
        os.setresgid(program_uid, program_uid, program_uid)
        os.setresuid(program_uid, program_uid, program_uid)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    _check(libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")
    # A change of user clears the parent-death signal, so it is set afterwards.
    _check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL), "prctl(PDEATHSIG)")
    _check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(NO_NEW_PRIVS)")


def _filter(system_calls: bytes) -> None:
    if not system_calls:
        return
    code = ctypes.create_string_buffer(system_calls, len(system_calls))
    described = struct.pack("HxxxxxxP", len(system_calls) // 8, ctypes.addressof(code))
    _check(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, described, 0, 0), "prctl(SECCOMP)")


def system_call_filter() -> bytes:
    """The seccomp BPF program of this machine's architecture; empty where its call numbers are not listed.

    Refused with EPERM: calls into other processes, mounts, namespaces, keys and kernel tracing.
    Sockets exist for the local families only (AF_VSOCK would reach past a network namespace).
    """
    if platform.machine() not in SYSTEM_CALLS:
        return b""
    (architecture, clone, clone3, socket), refused = SYSTEM_CALLS[platform.machine()]
    steps = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL)]
    steps += [(LOAD, 0, 0, NUMBER), (AT_LEAST, 0, 1, FOREIGN_NUMBERS), (RETURN, 0, 0, FAIL | ENOSYS)]
    for number in refused + NEW_MOUNT_CALLS:
        steps += [(EQUAL, 0, 1, number), (RETURN, 0, 0, FAIL | EPERM)]
    # clone3 hides its flags behind a pointer; told that it is missing, the C library falls back to clone.
    steps += [(EQUAL, 0, 1, clone3), (RETURN, 0, 0, FAIL | ENOSYS)]
    steps += [(EQUAL, 0, 4, clone), (LOAD, 0, 0, FIRST_ARGUMENT), (ANY_BIT, 0, 1, ALL_NAMESPACES)]
    steps += [(RETURN, 0, 0, FAIL | EPERM), (RETURN, 0, 0, ALLOW)]
    steps += [(EQUAL, 0, 2 + len(FAMILIES), socket), (LOAD, 0, 0, FIRST_ARGUMENT)]
    steps += [(EQUAL, len(FAMILIES) - index, 0, family) for index, family in enumerate(FAMILIES)]
    steps += [(RETURN, 0, 0, FAIL | EAFNOSUPPORT), (RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def _check(result: int, call: str) -> None:
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"{call}: {os.strerror(errno)}")
