from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model_factory.curation.dedup.buckets import bucket_pairs, distinct_pairs

KEYS = st.lists(st.integers(-3, 6), max_size=40)


def _pairs(keys, is_new, num_hubs):
    return list(
        map(tuple, bucket_pairs(np.array(keys, dtype=np.int64), np.array(is_new, dtype=bool), num_hubs).tolist())
    )


@given(KEYS)
def test_documents_with_equal_keys_are_paired_once_and_no_others(keys):
    expected = [pair for pair in combinations(range(len(keys)), 2) if keys[pair[0]] == keys[pair[1]]]
    assert sorted(_pairs(keys, [True] * len(keys), num_hubs=len(keys))) == expected


@given(KEYS, st.integers(1, 4))
def test_in_a_large_bucket_each_is_paired_with_the_first_ones(keys, num_hubs):
    expected = [
        (left, right)
        for left, right in combinations(range(len(keys)), 2)
        if keys[left] == keys[right] and keys[:left].count(keys[left]) < num_hubs
    ]
    assert sorted(_pairs(keys, [True] * len(keys), num_hubs)) == expected


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=40), st.integers(1, 5))
def test_documents_that_come_in_turns_get_every_pair_they_would_get_at_once(documents, num_hubs):
    keys, turns = [key for key, _ in documents], [turn for _, turn in documents]
    gathered = set()
    for now in range(3):
        present = [place for place, turn in enumerate(turns) if turn <= now]
        new = [turns[place] == now for place in present]
        found = _pairs([keys[place] for place in present], new, num_hubs)
        gathered |= {(present[left], present[right]) for left, right in found}
    at_once = set(_pairs(keys, [True] * len(keys), num_hubs))
    assert at_once <= gathered
    if all(keys.count(key) <= num_hubs for key in keys):
        assert at_once == gathered


@given(st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(10, 19)), max_size=12), max_size=4))
def test_pairs_of_several_bands_are_compared_once(bands):
    parts = [np.array(band, dtype=np.int64).reshape(-1, 2) for band in bands]
    assert list(map(tuple, distinct_pairs(parts).tolist())) == sorted({pair for band in bands for pair in band})
