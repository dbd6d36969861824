"""Whether what is stored is still what was recorded: digests taken again from the bytes."""

import hashlib
from pathlib import Path
from typing import Any

from model_factory import lake, ledger
from model_factory.ledger.locks import run_named
from model_factory.nouns import Lineage, Snapshot
from model_factory.release.summary import place_in_line


def held(run: str) -> dict[str, dict[str, Any]]:
    """What a run (digest prefix or "newest") ended with: place in the line → the artifact's noun as a dict."""
    found = sorted(ledger.held(run_named(run).run_id).items(), key=lambda pair: place_in_line(pair[0]))
    return {name: one.load() | {"kind": one.kind} for name, one in found}


def stored_digest(record: dict[str, Any]) -> str:
    """The digest of an artifact's bytes as they lie there now; `gone: …` where they are not to be read.

    `record` is the artifact's noun as a dict. Raises nothing: a damaged store is an answer too.
    """
    try:
        return _STORED[record["kind"]](record)
    except Exception as error:
        return f"gone: {error}"


def _snapshot(record: dict[str, Any]) -> str:
    fields = {key: value for key, value in record.items() if key not in ("kind", "lineage")}
    made = Snapshot(lineage=Lineage("", "", "", "", ""), **fields)
    return lake.digest(lake.read(made))


def _checkpoint(record: dict[str, Any]) -> str:
    from safetensors.torch import load_file

    from model_factory.weights import digest_of_state

    return digest_of_state(load_file(Path(record["uri"]) / "model.safetensors"))


def _tokenizer(record: dict[str, Any]) -> str:
    return hashlib.sha256((Path(record["uri"]) / "tokenizer.json").read_bytes()).hexdigest()


def _release(record: dict[str, Any]) -> str:
    from model_factory.release.folder import digest_of_release

    return digest_of_release(Path(record["uri"]))


def _scorecard(record: dict[str, Any]) -> str:
    from model_factory.evals.station import digest_of_scores

    return digest_of_scores(record["checkpoint"], record["scores"])


_STORED = {
    "Snapshot": _snapshot,
    "Checkpoint": _checkpoint,
    "Tokenizer": _tokenizer,
    "Release": _release,
    "Scorecard": _scorecard,
}
