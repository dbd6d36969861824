"""Canonical JSON and the digests taken of it."""

import dataclasses
import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> str:
    """Render dataclasses, dicts, lists and scalars as JSON with sorted keys and no spaces.

    Two values that are equal render equally, whatever the order of their keys.
    Non-finite floats are refused (ValueError): JSON has no spelling for them.
    """
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest_of(value: Any) -> str:
    """sha256 of the canonical JSON of `value`, as 64 hex digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def station_key(station: str, section: Any, *artifacts: Any) -> str:
    """Name the work of one station: its section of the card and its inputs by content.

    Every artifact is represented by its `digest` alone, so that the same content in another
    snapshot, folder or run gives the same key. 32 hex digits; used for checkpoint folders,
    locks and the station's run in the log book.
    """
    return digest_of([station, section, [artifact.digest for artifact in artifacts]])[:32]


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
