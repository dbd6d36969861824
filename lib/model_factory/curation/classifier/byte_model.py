"""A byte n-gram model: how surprising each byte is after those before it.

Counts of hashed n-grams of every order, interpolated as Witten and Bell have it (Chen and Goodman 1999, section 2.4):
p_n(c|h) = (count(hc) + distinct(h) · p_{n-1}(c|h')) / (count(h) + distinct(h)).
Shapes: B bytes of all texts in a row, S slots of a table.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from model_factory.cards.section import STRICT, Count

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
NUM_BYTES = 256


@dataclass(frozen=True)
class ByteModelSettings:
    """n-grams of up to `order` bytes, counted in tables of 2**`table_bits` slots."""

    __pydantic_config__ = STRICT

    order: Count
    table_bits: Count


@dataclass(frozen=True)
class ByteModel:
    """Per order (rows) and slot: `grams` counts an n-gram, `contexts` the n - 1 bytes before its last one, and
    `kinds` how many different bytes followed them."""

    table_bits: int
    grams: np.ndarray
    contexts: np.ndarray
    kinds: np.ndarray

    def perplexities(self, texts: pl.Series, max_bytes: int) -> np.ndarray:
        """exp of the mean negative log probability of a byte, over the first `max_bytes` bytes of each text; 1 for an
        empty one."""
        heads = [text.encode()[:max_bytes] for text in texts]
        bytes_B, lengths = _joined(heads)
        surprise = np.concatenate([[0.0], np.cumsum(-np.log(self._probabilities(bytes_B, lengths)))])
        ends = np.cumsum(lengths)
        return np.exp((surprise[ends] - surprise[ends - lengths]) / np.maximum(lengths, 1))

    def save(self, location: Path) -> None:
        np.savez_compressed(
            location, table_bits=self.table_bits, grams=self.grams, contexts=self.contexts, kinds=self.kinds
        )

    def _probabilities(self, bytes_B: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        probability_B = np.full(len(bytes_B), 1.0 / NUM_BYTES)
        for place, (gram_B, context_B) in enumerate(_slots(bytes_B, lengths, len(self.grams), self.table_bits)):
            kinds_B, total_B = self.kinds[place][context_B].astype(float), self.contexts[place][context_B]
            # A slot shared by two n-grams can count more than its context; it is no more than all of it.
            count_B = np.minimum(self.grams[place][gram_B], total_B)
            mixed_B = (count_B + kinds_B * probability_B) / np.maximum(total_B + kinds_B, 1)
            probability_B = np.where(total_B > 0, mixed_B, probability_B)
        return probability_B


def load_model(location: Path) -> ByteModel:
    """What `ByteModel.save` wrote."""
    with np.load(location) as stored:
        return ByteModel(int(stored["table_bits"]), stored["grams"], stored["contexts"], stored["kinds"])


def train(texts: pl.Series, settings: ByteModelSettings) -> ByteModel:
    """Count the n-grams of `texts`. Equal texts in any order give an equal model."""
    bytes_B, lengths = _joined([text.encode() for text in texts])
    size = 1 << settings.table_bits
    shape = (settings.order, size)
    model = ByteModel(settings.table_bits, *(np.zeros(shape, dtype=np.uint32) for _ in range(3)))
    for place, (gram_B, context_B) in enumerate(_slots(bytes_B, lengths, settings.order, settings.table_bits)):
        model.grams[place] = np.bincount(gram_B, minlength=size)
        model.contexts[place] = np.bincount(context_B, minlength=size)
        distinct = np.unique((context_B.astype(np.int64) << 8) | bytes_B)
        model.kinds[place] = np.bincount(distinct >> 8, minlength=size)
    return model


def _joined(encoded: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.array([len(one) for one in encoded], dtype=np.int64)
    return np.frombuffer(b"".join(encoded), dtype=np.uint8), lengths


def _slots(bytes_B: np.ndarray, lengths: np.ndarray, order: int, table_bits: int):
    """For each order the slots of the n-gram that ends at a byte and of the context before it; before a text
    stand zero bytes."""
    shift = np.uint64(64 - table_bits)
    from_start_B = np.arange(len(bytes_B)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    context_B = np.zeros(len(bytes_B), dtype=np.uint64)
    for n in range(1, order + 1):
        if n > 1:
            earlier_B = np.zeros(len(bytes_B), dtype=np.uint64)
            inside = from_start_B >= n - 1
            earlier_B[inside] = bytes_B[np.flatnonzero(inside) - (n - 1)].astype(np.uint64) + np.uint64(1)
            context_B = (context_B + earlier_B + np.uint64(n)) * MULTIPLIER
            context_B ^= context_B >> np.uint64(31)
        gram_B = (context_B + bytes_B.astype(np.uint64) + np.uint64(1)) * MULTIPLIER
        yield (gram_B >> shift).astype(np.int64), ((context_B * MULTIPLIER) >> shift).astype(np.int64)
