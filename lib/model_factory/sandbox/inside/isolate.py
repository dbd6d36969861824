"""Namespaces and a read-only root for the worker, made with unshare(2): no helper program, no set-uid bit."""

import contextlib
import ctypes
import os
import signal

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
NAMESPACES = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET

MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 0x2, 0x4, 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID = 0x1, 0x2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
SYS_MOUNT_SETATTR = 442
PR_SET_PDEATHSIG = 1
MAX_FILES = 1024

libc = ctypes.CDLL(None, use_errno=True)


def isolate(visible: list[str], scratch_bytes: int, program_uid: int | None) -> None:
    """Move this process into namespaces of its own; returns only in process 1 of them.

    `visible` are the files and folders of the host that stay readable, at their own paths;
    `/tmp`, of `scratch_bytes` bytes, is the only place that can be written. `program_uid` is a
    second user to map for the programs, which only the host's root can do. OSError says which
    call the host refused.
    """
    _unshare(program_uid)
    pid = os.fork()
    if pid:
        _relay(pid)
    check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL), "prctl(PDEATHSIG)")
    _new_root(visible)
    fresh_scratch(scratch_bytes)
    check(libc.sethostname(b"sandbox", 7), "sethostname")
    os.setsid()


def fresh_scratch(scratch_bytes: int) -> None:
    """Replace `/tmp` by an empty tmpfs; whatever a program left there is gone."""
    libc.umount2(b"/tmp", MNT_DETACH)
    _mount("scratch", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, f"size={scratch_bytes},nr_inodes={MAX_FILES},mode=1777")


def check(result: int, call: str) -> None:
    """Raise OSError naming `call` when a libc function reported failure."""
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"{call}: {os.strerror(errno)}")


def _unshare(program_uid: int | None) -> None:
    """Enter the namespaces as user 0 of a fresh user namespace; user 0 there has no right outside."""
    maps = {"uid_map": f"0 {os.geteuid()} 1\n", "gid_map": f"0 {os.getegid()} 1\n"}
    if program_uid is None:
        check(libc.unshare(NAMESPACES), "unshare")
        _write("/proc/self/setgroups", "deny")
        _write_maps("self", maps)
        return
    # A second user can only be mapped from outside the namespace.
    maps = {name: f"{text}{program_uid} {program_uid} 1\n" for name, text in maps.items()}
    me, (waits, enters) = os.getpid(), os.pipe()
    mapper = os.fork()
    if mapper == 0:
        os.close(enters)
        os.read(waits, 1)
        _write_maps(str(me), maps)
        os._exit(0)
    os.close(waits)
    check(libc.unshare(NAMESPACES), "unshare")
    os.close(enters)
    if os.waitpid(mapper, 0)[1] != 0:
        raise OSError(f"user {program_uid} cannot be mapped into a user namespace")


def _write_maps(process: str, maps: dict[str, str]) -> None:
    for name, text in maps.items():
        _write(f"/proc/{process}/{name}", text)


def _new_root(visible: list[str]) -> None:
    """Swap the root for a tmpfs that holds read-only views of `visible` and nothing else of the host."""
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    _mount("root", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755")
    os.mkdir("/tmp/.host")
    check(libc.pivot_root(b"/tmp", b"/tmp/.host"), "pivot_root")
    os.chdir("/")
    for path in visible:
        _show(path)
    os.makedirs("/tmp", exist_ok=True)
    _forbid_user_namespaces()
    check(libc.umount2(b"/.host", MNT_DETACH), "umount2 of the host's root")
    os.rmdir("/.host")
    attributes = (ctypes.c_uint64 * 4)(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, 0, 0)
    call = (SYS_MOUNT_SETATTR, AT_FDCWD, b"/", AT_RECURSIVE, ctypes.byref(attributes), ctypes.sizeof(attributes))
    check(libc.syscall(*call), "mount_setattr(RDONLY)")


def _show(path: str) -> None:
    """Bind one path of the host, submounts included, to the same path of the new root; a link stays a link."""
    source = f"/.host{path}"
    if not os.path.lexists(source) or os.path.lexists(path):
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.islink(source):
        os.symlink(os.readlink(source), path)
        return
    if os.path.isdir(source):
        os.mkdir(path)
    else:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))
    _mount(source, path, None, MS_BIND | MS_REC)


def _forbid_user_namespaces() -> None:
    """Nested ones would give a program rights over mounts of its own; seccomp refuses them as well."""
    with contextlib.suppress(OSError):
        _write("/.host/proc/sys/user/max_user_namespaces", "0")


def _relay(pid: int) -> None:
    """Stay outside as the parent whose death ends the namespaces, and end as process 1 does."""
    os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 0xFF)


def _mount(source: str, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    encoded = [None if text is None else text.encode() for text in (source, target, kind, options)]
    result = libc.mount(encoded[0], encoded[1], encoded[2], ctypes.c_ulong(flags), encoded[3])
    check(result, f"mount {source} on {target}")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
