"""A git repository at a revision: the files of one commit, read from the object store without a checkout."""

import os
import subprocess
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from model_factory.cards.errors import CardError
from model_factory.cards.ingest import Source
from model_factory.curation.sources.files import included, raw_file
from model_factory.curation.sources.raw_file import RawFile
from model_factory.nouns.home import checkout

LISTING_TIMEOUT_S = 600
FILE_MODES = {"100644", "100755"}  # neither links nor submodules
SPOOL_BYTES = 16 << 20
COPY_BYTES = 1 << 20


def find(source: Source) -> Iterator[RawFile]:
    """Every file of commit `source.revision` of the repository `source.path`; `origin` names the commit."""
    field = f"ingest.sources[{source.name}]"
    if not source.path or not source.revision:
        raise CardError(
            f"{field}: `kind: git` needs `path` (a repository) and `revision` (a commit, a tag or a branch)"
        )
    repository = Repository(Path(checkout(), source.path), field)
    commit = repository.commit(source.revision)
    for mode, oid, size, path in repository.files(commit):
        if mode in FILE_MODES and included(source, path):
            yield raw_file(source, path, Blob(repository, oid, size), f"{source.path}@{commit}")


@dataclass(frozen=True)
class Blob:
    repository: "Repository"
    oid: str
    num_bytes: int

    def size(self) -> int:
        return self.num_bytes

    def open(self) -> BinaryIO:
        return self.repository.read(self.oid)


class Repository:
    """One `git cat-file --batch` for all files; it ends with this object. Nothing is fetched, no hook is run."""

    def __init__(self, path: Path, field: str) -> None:
        self.path, self.field = path, field
        self._reader: subprocess.Popen[bytes] | None = None

    def commit(self, revision: str) -> str:
        """The full name of the commit that `revision` means."""
        if not self.path.is_dir():
            raise CardError(
                f"{self.field}.path: there is no {self.path}; correct the path or clone the repository there"
            )
        self._git("rev-parse", "--git-dir", blame="path", cure="name a git repository that you own")
        cure = "name a commit, a tag or a branch of it, or fetch it first"
        found = self._git(
            "rev-parse", "--verify", "--end-of-options", revision + "^{commit}", blame="revision", cure=cure
        )
        return found.decode().strip()

    def files(self, commit: str) -> Iterator[tuple[str, str, int, str]]:
        """Mode, object id, size in bytes and path of everything in the commit's tree."""
        listed = self._git("ls-tree", "-r", "-l", "-z", "--full-tree", commit, blame="revision", cure="fetch it whole")
        for entry in listed.split(b"\0")[:-1]:
            about, _, path = entry.partition(b"\t")
            mode, _, oid, size = about.decode().split()
            yield mode, oid, int(size) if size.isdigit() else 0, path.decode("utf-8", "backslashreplace")

    def read(self, oid: str) -> BinaryIO:
        """An object's content, in memory as far as it is small; OSError where the repository lacks it."""
        reader = self._started()
        assert reader.stdin is not None
        assert reader.stdout is not None
        reader.stdin.write(f"{oid}\n".encode())
        reader.stdin.flush()
        header = reader.stdout.readline().split()
        if len(header) != 3:
            raise OSError(f"object {oid[:12]} is missing or damaged")
        content = _copy(reader.stdout, int(header[2]))
        reader.stdout.read(1)
        return content

    def _started(self) -> subprocess.Popen[bytes]:
        if self._reader is None:
            self._reader = subprocess.Popen(
                self._command("cat-file", "--batch"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
            )
            weakref.finalize(self, _end, self._reader)
        return self._reader

    def _git(self, *arguments: str, blame: str, cure: str) -> bytes:
        command = self._command(*arguments)
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=LISTING_TIMEOUT_S, env=_environment(), check=False
            )
        except FileNotFoundError:
            raise CardError(
                f"{self.field}.kind: git is not installed; install git or give the files themselves"
            ) from None
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
            raise CardError(f"{self.field}.{blame}: git says {said!r} of {self.path}; {cure}")
        return done.stdout

    def _command(self, *arguments: str) -> list[str]:
        return ["git", "-C", str(self.path), *arguments]


def _copy(stream, num_bytes: int) -> BinaryIO:
    held = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 — the caller closes it
    while num_bytes:
        chunk = stream.read(min(num_bytes, COPY_BYTES))
        if not chunk:
            raise OSError("git ended in the middle of an object")
        held.write(chunk)
        num_bytes -= len(chunk)
    held.seek(0)
    return held  # type: ignore[return-value]


def _environment() -> dict[str, str]:
    """Git without the caller's repository, prompts, replaced objects or lazy fetching."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}
    return ours | quiet


def _end(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
    process.kill()
    process.wait()
