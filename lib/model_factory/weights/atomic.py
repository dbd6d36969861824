"""Write a checkpoint so that a reader finds all of it or none of it.

A step folder holds `model.safetensors`, one `.pt` file for every other part of the state (optimizer …)
and, written last, COMPLETE: JSON with the caller's marker and the files' sizes and sha256. It is
written beside its place and renamed into it.
"""

import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from model_factory.weights.verified import COMPLETE, file_digest

MODEL = "model.safetensors"


def step_folder(folder: Path, step: int) -> Path:
    """Where step `step` of a station's folder lies."""
    return folder / f"step-{step:06d}"


def save(folder: Path, state: dict[str, Any], *, marker: dict[str, Any]) -> None:
    """Write `state` to the step folder `folder`, atomically, in the place of what may be there.

    `state["model"]` is a state dict of tensors; every other entry is anything `torch.save` takes
    without code of its own (tensors, dicts, lists, numbers, strings). `marker` is JSON. Whatever
    happens meanwhile, power cuts included, `folder` is afterwards the old one or the new one.
    """
    if "model" not in state:
        raise ValueError(f"a checkpoint's state has a 'model'; this one has only: {', '.join(sorted(state))}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(folder.parent)
    draft = folder.with_name(f".{folder.name}.tmp")
    draft.mkdir()
    try:
        _write(draft, state, marker)
    except (OSError, RuntimeError) as error:
        shutil.rmtree(draft, ignore_errors=True)
        _explain(error, folder, _size_bytes(state))
        raise
    _replace(folder, draft)


def _write(draft: Path, state: dict[str, Any], marker: dict[str, Any]) -> None:
    _write_parts(draft, state)
    files = {path.name: _describe(path) for path in sorted(draft.iterdir())}
    _write_synced(draft / COMPLETE, json.dumps({**marker, "files": files}, indent=1, sort_keys=True).encode())
    _sync_folder(draft)


def _explain(error: Exception, folder: Path, size_bytes: int) -> None:
    """Say so where the disk is full: torch and safetensors report it as an error of their own, without errno."""
    free = shutil.disk_usage(folder.parent).free
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or free < size_bytes:
        from model_factory.lake.errors import DiskFull

        raise DiskFull(
            errno.ENOSPC,
            f"the disk filled up while checkpoint {folder} ({size_bytes / (1 << 20):.1f} MiB) was written; nothing "
            "of it was kept and the steps before are whole. Free some space (`factory clean` shows what can go) and "
            "run again",
        ) from error


def _write_parts(draft: Path, state: dict[str, Any]) -> None:
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state["model"].items()}
    save_file(tensors, draft / MODEL, metadata={"format": "pt"})
    for name in state.keys() - {"model"}:
        torch.save(state[name], draft / f"{name}.pt")
    for path in draft.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _replace(folder: Path, draft: Path) -> None:
    old = folder.with_name(f".{folder.name}.old")
    if folder.exists():
        folder.rename(old)
    draft.rename(folder)
    _sync_folder(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def _remove_leftovers(station: Path) -> None:
    """Drafts of writers that died; a station has one writer at a time."""
    for leftover in (*station.glob(".*.tmp"), *station.glob(".*.old")):
        shutil.rmtree(leftover, ignore_errors=True)


def _describe(path: Path) -> dict[str, Any]:
    return {"size_bytes": path.stat().st_size, "sha256": file_digest(path)}


def _size_bytes(value: Any) -> int:
    if isinstance(value, torch.Tensor):
        return value.nbytes
    if isinstance(value, dict):
        return sum(_size_bytes(item) for item in value.values())
    return 0


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
