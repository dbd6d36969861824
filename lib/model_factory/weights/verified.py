"""Read a step folder, only if it is whole."""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

COMPLETE = "COMPLETE"
CURE = "`factory rerun RUN --from STATION` makes it anew (`factory runs` lists the runs)"


class IncompleteCheckpoint(FileNotFoundError):
    """A checkpoint without its COMPLETE marker: its writer did not finish."""


class DamagedCheckpoint(ValueError):
    """A checkpoint whose files are not those that its COMPLETE marker names."""


def read(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """(state, marker) of a step folder, as `save` was given them, every file checked against the marker.

    IncompleteCheckpoint or DamagedCheckpoint otherwise. The parts are data: no code in them is run.
    """
    found = verify(folder)
    state: dict[str, Any] = {"model": load_file(folder / "model.safetensors")}
    for name in found["files"]:
        if name.endswith(".pt"):
            state[name.removesuffix(".pt")] = torch.load(folder / name, weights_only=True)
    return state, found


def marker(folder: Path) -> dict[str, Any]:
    """What the COMPLETE marker says; IncompleteCheckpoint without one, DamagedCheckpoint if it is not JSON."""
    path = folder / COMPLETE
    if not path.is_file():
        raise IncompleteCheckpoint(
            f"checkpoint {folder} has no {COMPLETE} marker: whoever wrote it did not finish; {CURE}"
        )
    try:
        found = json.loads(path.read_bytes())
        found["files"].items()
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DamagedCheckpoint(
            f"checkpoint {folder}: its {COMPLETE} marker is not readable ({error}); {CURE}"
        ) from None
    return found


def verify(folder: Path) -> dict[str, Any]:
    """The marker, if every file it names is there with its size and sha256; DamagedCheckpoint names one that is not."""
    found = marker(folder)
    for name, wanted in found["files"].items():
        path = folder / name
        size = path.stat().st_size if path.is_file() else None
        if size != wanted["size_bytes"]:
            held = "is missing" if size is None else f"has {size} bytes"
            raise DamagedCheckpoint(f"checkpoint {folder}: {name} {held}, not {wanted['size_bytes']}; {CURE}")
        if file_digest(path) != wanted["sha256"]:
            raise DamagedCheckpoint(f"checkpoint {folder}: {name} was changed after it was written; {CURE}")
    return found


def file_digest(path: Path) -> str:
    """sha256 of a file, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
