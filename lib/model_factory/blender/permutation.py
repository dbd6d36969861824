"""A seeded permutation of 0 … n − 1 that gives any one element in constant time and no memory."""

import hashlib

import numpy as np

_ROUNDS = 4


def permute(index: int, size: int, *key: object) -> int:
    """Where `index` goes in the permutation of range(size) that `key` names.

    A four-round Feistel network (Luby and Rackoff 1988) over the next even power of two, walked until
    it lands below `size`: fewer than four rounds of it on average.
    """
    if not 0 <= index < size:
        raise ValueError(f"index {index} is outside range({size})")
    half_bits = max(1, ((size - 1).bit_length() + 1) // 2)
    keys = _round_keys(key)
    while True:
        index = _feistel(index, half_bits, keys)
        if index < size:
            return index


def permute_many(indices: np.ndarray, size: int, *key: object) -> np.ndarray:
    """`permute` of every index at once, int64; `size` up to 2**62."""
    if len(indices) and not (int(indices.min()) >= 0 and int(indices.max()) < size):
        raise ValueError(f"indices {indices.min()} to {indices.max()} are not all in range({size})")
    half_bits = max(1, ((size - 1).bit_length() + 1) // 2)
    keys = _round_keys(key)
    values = indices.astype(np.uint64)
    outside = np.arange(len(values))
    while len(outside):
        values[outside] = _feistel_many(values[outside], half_bits, keys)
        outside = outside[values[outside] >= size]
    return values.astype(np.int64)


def _feistel(value: int, half_bits: int, keys: list[int]) -> int:
    mask = (1 << half_bits) - 1
    left, right = value >> half_bits, value & mask
    for key in keys:
        left, right = right, left ^ (_mix(right ^ key) & mask)
    return left << half_bits | right


def _feistel_many(values: np.ndarray, half_bits: int, keys: list[int]) -> np.ndarray:
    bits, mask = np.uint64(half_bits), np.uint64((1 << half_bits) - 1)
    left, right = values >> bits, values & mask
    for key in keys:
        left, right = right, left ^ (_mix_many(right ^ np.uint64(key)) & mask)
    return left << bits | right


def _mix(value: int) -> int:
    """splitmix64's finaliser (Steele et al. 2014)."""
    value &= 0xFFFFFFFFFFFFFFFF
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    value = (value ^ value >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
    return value ^ value >> 31


def _mix_many(values: np.ndarray) -> np.ndarray:
    """uint64 arithmetic wraps as the mask of `_mix` does."""
    values = (values ^ values >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ values >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return values ^ values >> np.uint64(31)


def _round_keys(key: tuple[object, ...]) -> list[int]:
    block = hashlib.blake2b(repr(key).encode(), digest_size=8 * _ROUNDS).digest()
    return [int.from_bytes(block[8 * at : 8 * at + 8]) for at in range(_ROUNDS)]
