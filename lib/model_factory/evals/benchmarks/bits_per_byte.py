"""Bits per byte of held-out text: how well the model compresses what it never saw.

Bits are of every token that has something before it in its document, the end of the document
included; bytes are those of the text behind these tokens in UTF-8. So neither the tokenizer's size nor
the way documents were cut moves the unit.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from model_factory import lake
from model_factory.blender.pieces import token_bytes
from model_factory.evals.benchmark import Item, Result, Subject
from model_factory.evals.likelihood import token_logprobs
from model_factory.evals.scores import Asked, score_of

_HARNESS = "model_factory.evals bits_per_byte 1"
_COLUMNS = ["sequence_id", "tokens", "doc_ids", "boundaries", "num_bytes"]
MODE = "likelihood"
# doc_id → (bits, bytes)
_Totals = dict[str, np.ndarray]


def bits_per_byte(subject: Subject) -> Result:
    """One item for each held-out document: its bits per byte, weighted by its bytes."""
    rows = lake.read(subject.sequences, _COLUMNS, "split = 'heldout'").sort_by("sequence_id").to_pylist()
    totals = _by_document(subject, rows)
    items = [
        Item(doc_id, MODE, 0, "", "", float(bits / size), float(size))
        for doc_id, (bits, size) in sorted(totals.items())
        if size
    ]
    text = [[row["doc_ids"], row["tokens"]] for row in rows]
    asked = Asked("bits_per_byte", text, "", _HARNESS, "model_factory.model")
    score = score_of(subject, asked, "bits_per_byte", "bits/byte", items, better="lower")
    return Result(items, [score])


def _by_document(subject: Subject, rows: Sequence[Mapping[str, Any]]) -> _Totals:
    sizes_V = token_bytes(subject.tokenizer)
    segments = [_segment_of_token(row) for row in rows]
    logprobs = token_logprobs(subject, [row["tokens"] for row in rows], segments)
    totals: _Totals = {}
    for row, segment, (found, _) in zip(rows, segments, logprobs, strict=True):
        predicted = ~np.isnan(found)
        bits = np.where(predicted, -found / math.log(2), 0.0)
        sizes = np.where(predicted, sizes_V[row["tokens"]], 0)
        _check_bytes(row, int(sizes.sum()))
        for index, doc_id in enumerate(row["doc_ids"]):
            mine = np.asarray(segment) == index
            totals[doc_id] = totals.get(doc_id, np.zeros(2)) + np.array([bits[mine].sum(), sizes[mine].sum()])
    return totals


def _segment_of_token(row: Mapping[str, Any]) -> list[int]:
    ends = [*row["boundaries"][1:], len(row["tokens"])]
    pairs = zip(row["boundaries"], ends, strict=True)
    return [index for index, (start, end) in enumerate(pairs) for _ in range(start, end)]


def _check_bytes(row: Mapping[str, Any], counted: int) -> None:
    if counted != row["num_bytes"]:
        raise ValueError(
            f"tokens.sequences {row['sequence_id']}: its tokens stand for {counted} bytes, its row says "
            f"{row['num_bytes']}: it was packed with another tokenizer than the checkpoint's; run tokenize again"
        )
