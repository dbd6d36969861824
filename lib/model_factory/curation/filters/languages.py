"""py3langid's model applied to many texts side by side.

The model (Lui and Baldwin 2012) is an automaton over bytes whose states stand for n-grams, and naive Bayes over how
often each n-gram was met. What we do differently: the automaton reads one byte of every text at a time instead of one
text after the other, and the scores of all texts are one sparse product. The probabilities are py3langid's up to the
last digits of 32 bits.
Shapes: D texts, longest first, N bytes of them all, L languages (columns of the model, of which some share a label).
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csr_array

# What the texts of one go take: 4 bytes for each of theirs, and 600 for each of their distinct n-grams.
GROUP_BYTES = 1 << 22


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # takes half a second: only where a card asks for it

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def labels() -> list[str]:
    """The languages that the model tells apart, as ISO 639 codes."""
    return _identifier().labels


def probabilities(texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
    """The probability, for each text, of the most likely of `languages` among all that the model knows."""
    columns = [np.flatnonzero(np.array(_identifier().nb_classes) == language) for language in languages]
    encoded = [_encoded(text) for text in texts]
    order = sorted(range(len(encoded)), key=lambda place: -len(encoded[place]))
    found = np.zeros(len(encoded))
    for group in _groups(order, encoded):
        probability_DL = _probabilities([encoded[place] for place in group])
        found[group] = np.max([probability_DL[:, same].sum(axis=1) for same in columns], axis=0)
    return found


def _encoded(text: str) -> bytes:
    """As py3langid reads it: composed, and capitals alone say nothing."""
    lowered = text.lower() if text.isupper() else text
    return (lowered if lowered.isascii() else unicodedata.normalize("NFC", lowered)).encode("utf8", "surrogatepass")


def _groups(order: list[int], encoded: list[bytes]) -> Iterator[list[int]]:
    ends = np.cumsum([len(encoded[place]) for place in order])
    edges = [0, *(np.flatnonzero(np.diff(ends // GROUP_BYTES)) + 1).tolist(), len(order)]
    return (order[first:end] for first, end in pairwise(edges) if end > first)


def _probabilities(texts: list[bytes]) -> np.ndarray:
    """Softmax of the scores at temperature √bytes, which keeps it calibrated across lengths; shape (D, L)."""
    model, lengths_D = _identifier(), np.array([len(text) for text in texts])
    counts_DF, used_F = _counts(texts, lengths_D)
    scores_DL = counts_DF @ model.nb_ptc[used_F].astype(np.float32)
    scores_DL[np.diff(counts_DF.indptr) > 0] += model.nb_pc
    scores_DL /= np.sqrt(np.maximum(lengths_D, 1))[:, None]
    likelihood_DL = np.exp(scores_DL - scores_DL.max(axis=1, keepdims=True))
    return likelihood_DL / likelihood_DL.sum(axis=1, keepdims=True)


def _counts(texts: list[bytes], lengths_D: np.ndarray) -> tuple[csr_array, np.ndarray]:
    """log(1 + how often) each of the used features was met in each text, and which features those are."""
    met_N, text_N = _features(texts, lengths_D)
    used_F, column_N = _compact(met_N, len(_identifier().nb_ptc))
    # Text and column in one number: one sort brings equal ones together, in the order that a sparse matrix wants.
    packed_N = (text_N.astype(np.uint64) << np.uint64(32)) | column_N.astype(np.uint64)
    packed_N.sort()
    first_C = np.flatnonzero(np.diff(packed_N, prepend=np.uint64(1 << 63)))
    counts_C = np.log1p(np.diff(first_C, append=len(packed_N)).astype(np.float32))
    columns_C = (packed_N[first_C] & np.uint64(0xFFFFFFFF)).astype(np.int32)
    ends_D = np.searchsorted(packed_N[first_C] >> np.uint64(32), np.arange(len(texts)), side="right")
    matrix = csr_array((counts_C, columns_C, np.append(0, ends_D)), shape=(len(texts), len(used_F)))
    return matrix, used_F


def _features(texts: list[bytes], lengths_D: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The features met by the automaton, and the text of each: step by step, since all texts walk side by side."""
    base, moves, output = _automaton()
    bytes_N = np.frombuffer(b"".join(texts), dtype=np.uint8)
    at_D, state_D = np.cumsum(lengths_D) - lengths_D, np.zeros(len(texts), dtype=np.int64)
    # Longest first: how many texts are still being read at each step.
    reading = len(texts) - np.searchsorted(lengths_D[::-1], np.arange(lengths_D[0]), side="right")
    met_N, text_N, place_D = (np.empty(size, dtype=np.int32) for size in (len(bytes_N), len(bytes_N), len(texts)))
    place_D[:], end = np.arange(len(texts)), 0
    for step, number in enumerate(reading.tolist()):
        state_D = moves.take(base.take(state_D[:number]) + bytes_N.take(at_D[:number] + step))
        output.take(state_D, out=met_N[end : end + number], mode="clip")
        text_N[end : end + number] = place_D[:number]
        end += number
    said_N = met_N >= 0
    return met_N[said_N], text_N[said_N]


@lru_cache(maxsize=1)
def _automaton() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where a state's row of moves begins, the moves (256 a row), and the feature that a state stands for or -1."""
    model = _identifier()
    moves = np.frombuffer(model.tk_nextmove, dtype=f"u{model.tk_nextmove.itemsize}")
    return np.array(model.tk_row, dtype=np.int64) << 8, moves, np.array(model.tk_output, dtype=np.int32)


def _compact(met_N: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Of `number` features those that occur, and the place of each occurrence among them."""
    occurs = np.zeros(number, dtype=bool)
    occurs[met_N] = True
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[met_N]
