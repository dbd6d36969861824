"""Documents as tokens, cut where they are longer than a sequence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer as Encoder

from model_factory.blender.tokenizer import END

BATCH_DOCUMENTS = 64


@dataclass(frozen=True)
class Piece:
    """A run of one document's tokens. The first `given` are only read: nothing stands before the first of a
    document, and the others are predicted in the piece before. `num_bytes` is of the text behind the rest;
    `start` is where in the document it begins."""

    doc_id: str
    tokens: np.ndarray
    num_bytes: int
    given: int = 1
    start: int = 0


def token_bytes(encoder: Encoder) -> np.ndarray:
    """Bytes of text behind each token id. In the byte-level alphabet one character is one byte;
    special tokens stand for none."""
    lengths = np.zeros(encoder.get_vocab_size(), dtype=np.int64)
    special = encoder.get_added_tokens_decoder()
    for token, index in encoder.get_vocab().items():
        lengths[index] = 0 if index in special else len(token)
    return lengths


def tokenised(encoder: Encoder, texts: Sequence[str]) -> Iterator[np.ndarray]:
    """The tokens of each text with <|end|> behind it, int32."""
    end = encoder.token_to_id(END)
    for start in range(0, len(texts), BATCH_DOCUMENTS):
        for encoding in encoder.encode_batch_fast(list(texts[start : start + BATCH_DOCUMENTS])):
            yield np.array([*encoding.ids, end], dtype=np.int32)


def cut(doc_id: str, tokens: np.ndarray, lengths: np.ndarray, capacity: int, overlap: int) -> list[Piece]:
    """One document's pieces of at most `capacity` tokens.

    Neighbours share `overlap` tokens, the last of the one and the first of the other; with 1 or more, every
    token but the document's first is predicted exactly once, with more it has that much more to be
    predicted from. ValueError unless `overlap` leaves room for new tokens.
    """
    if not 0 < overlap < capacity:
        raise ValueError(
            f"tokenize.overlap: {overlap} is not from 1 to {capacity - 1}, below tokenize.sequence_length {capacity}; "
            "use 1 to predict every token once with no more context than needed"
        )
    starts = range(0, max(len(tokens) - overlap, 1), capacity - overlap)
    runs = [(tokens[start : start + capacity], overlap if start else 1, start) for start in starts]
    return [Piece(doc_id, run, int(lengths[run[given:]].sum()), given, start) for run, given, start in runs]
