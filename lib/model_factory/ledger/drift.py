"""Whether the packages that are installed are the ones the lock names."""

from collections.abc import Mapping
from importlib import metadata


class PackageDrift(RuntimeError):
    """The installed packages are not the lock's, so the run would not be what it says it is."""


def drift(packages: Mapping[str, str]) -> list[str]:
    """One line for every package of the lock that is missing or has another version.

    Local version suffixes (`+cpu`) do not count: the lock leaves them out.
    """
    found = []
    for name, wanted in sorted(packages.items()):
        installed = _installed(name)
        if installed is None:
            found.append(f"{name} {wanted} is not installed")
        elif installed.partition("+")[0] != wanted.partition("+")[0]:
            found.append(f"{name} is {installed}, the lock says {wanted}")
    return found


def refuse_drift(found: list[str]) -> None:
    """PackageDrift that names every package and the ways out, unless `found` is empty."""
    if found:
        raise PackageDrift(
            f"installed packages have drifted from the lock: {'; '.join(found)}. "
            "Install the lock's with `pip install -r requirements/laptop.txt`, lock the card anew, "
            "or set `placement.allow_drift: true` to run and have the run marked"
        )


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
