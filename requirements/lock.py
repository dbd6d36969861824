"""Write a lock: every distribution that a list of requirements reaches, pinned to one version.

`python requirements/lock.py laptop data train` walks the metadata of what is installed, so no resolver
runs and the shared versions are equal by construction. `--resolve inference services` asks pip instead
(a dry run, constrained to the laptop's versions), for lists whose packages are not installed here.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HERE = Path(__file__).parent
# CUDA's libraries come with torch and vLLM wheels on a GPU machine; on a CPU they would cost gigabytes.
UNLISTED = ("nvidia-",)
APART = ("services", "bench-")


class LockError(ValueError):
    """A requirement that what is installed here does not meet."""


def requirements(name: str, folder: Path = HERE) -> Iterator[Requirement]:
    """The requirements of `<name>.in`, the files it names with `-r` included."""
    for line in (folder / f"{name}.in").read_text().splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("-r "):
            yield from requirements(line[3:].strip().removesuffix(".in"), folder)
        elif line:
            yield Requirement(line)


def reach(wanted: Iterable[Requirement]) -> dict[str, str]:
    """Name → version of every installed distribution that `wanted` needs, markers and extras applied.

    Raises LockError where one is missing or has a version that a requirement refuses.
    """
    todo, seen, versions = list(wanted), set(), {}
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        key = (name, frozenset(requirement.extras))
        distribution = _installed(requirement)
        if key in seen or name.startswith(UNLISTED):
            continue
        seen.add(key)
        versions[name] = _public(distribution.version)
        todo += [
            needed for needed in map(Requirement, distribution.requires or []) if _applies(needed, requirement.extras)
        ]
    return versions


def _installed(requirement: Requirement) -> metadata.Distribution:
    try:
        found = metadata.distribution(requirement.name)
    except metadata.PackageNotFoundError:
        raise LockError(f"{requirement}: not installed here; run `make setup`, or lock with --resolve") from None
    if not requirement.specifier.contains(_public(found.version), prereleases=True):
        raise LockError(f"{requirement}: {found.version} is installed; install a version that fits, then lock again")
    return found


def _applies(requirement: Requirement, extras: Iterable[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in (*extras, ""))


def _public(version: str) -> str:
    """The version without the local part: `2.13.0+cpu` is one build of `2.13.0`."""
    return version.partition("+")[0]


def resolve(name: str, constraints: dict[str, str]) -> dict[str, str]:
    """Name → version as pip's resolver chooses for `<name>.in`, `constraints` kept. Needs a package index."""
    with tempfile.TemporaryDirectory() as folder:
        report, constraint = Path(folder, "report.json"), Path(folder, "constraints.txt")
        constraint.write_text(_render(constraints))
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        command += ["--report", str(report), "-r", str(HERE / f"{name}.in"), "-c", str(constraint)]
        if subprocess.run(command).returncode:
            raise LockError(f"{name}.in: pip found no set of versions, see above; change laptop.in or {name}.in")
        chosen = [item["metadata"] for item in json.loads(report.read_text())["install"]]
    versions = {canonicalize_name(item["name"]): _public(item["version"]) for item in chosen}
    return {package: version for package, version in versions.items() if not package.startswith(UNLISTED)}


def read(name: str) -> dict[str, str]:
    """Name → version of an existing lock."""
    lines = (HERE / f"{name}.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def _render(versions: dict[str, str]) -> str:
    return "".join(f"{name}=={versions[name]}\n" for name in sorted(versions))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", metavar="NAME", help="writes NAME.txt from NAME.in")
    parser.add_argument("--resolve", action="store_true", help="let pip choose what the laptop does not pin")
    arguments = parser.parse_args()
    for name in arguments.names:
        try:
            # The services and the benchmarks' peers have environments apart: nothing is shared with the stations.
            shared = read("laptop") if arguments.resolve and not name.startswith(APART) else {}
            versions = resolve(name, shared) if arguments.resolve else reach(requirements(name))
        except LockError as error:
            sys.exit(f"{name}.in: {error}")
        (HERE / f"{name}.txt").write_text(_render(versions))
        print(f"{name}.txt: {len(versions)} distributions")


if __name__ == "__main__":
    main()
