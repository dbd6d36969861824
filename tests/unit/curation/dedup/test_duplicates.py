import random
import re

import numpy as np
import polars as pl
import pytest
from datasketch import MinHash, MinHashLSH

from model_factory.cards.deduplicate import NearDuplicates
from model_factory.curation.dedup.choose import choose
from model_factory.curation.dedup.duplicates import duplicates
from model_factory.curation.dedup.find import PAIRS_SCHEMA, find
from model_factory.curation.dedup.shingles import shingles

SETTINGS = NearDuplicates(ngram=5, num_bands=14, band_rows=8, threshold=0.8)


def _grams(text, ngram=5):
    words = re.findall(r"\w+", text)
    return {tuple(words[place : place + ngram]) for place in range(max(len(words) - ngram + 1, 1))} if words else set()


def _jaccard(left, right):
    return len(left & right) / len(left | right)


def _edited(text, draw, share):
    words = re.split(r"(\W+)", text)
    for place in draw.sample(range(0, len(words), 2), int(len(words) / 2 * share)):
        words[place] = f"edited{draw.randrange(10**6)}"
    return "".join(words)


@pytest.fixture(scope="module")
def planted(stdlib):
    """120 real modules and an edited copy of each, from hardly to heavily edited."""
    draw = random.Random(5)
    texts = [text for text in stdlib.sort("path")["text"] if text.isascii() and 1000 < len(text) < 12000][:120]
    return texts + [_edited(text, draw, share=draw.uniform(0.0, 0.03)) for text in texts]


def test_shingles_are_the_sets_of_word_grams(planted):
    texts = ["", "  ", "one two", "one two three four five six one two three four five", *planted[:40]]
    found = shingles(pl.Series(texts), 5)
    sets = [_grams(text) for text in texts]
    assert np.diff(found.offsets).tolist() == [len(grams) for grams in sets]
    for left in range(len(texts) - 1):
        common = len(np.intersect1d(found.of(left), found.of(left + 1)))
        assert common == len(sets[left] & sets[left + 1])


def test_planted_near_duplicates_are_found_and_nothing_else(planted):
    sets = [_grams(text) for text in planted]
    truth = {
        (left, right)
        for left in range(len(sets))
        for right in range(left + 1, len(sets))
        if _jaccard(sets[left], sets[right]) >= SETTINGS.threshold
    }
    assert len(truth) > 80
    found = {}
    for right, left, _, value in find(_frame(planted), SETTINGS, seed=17).pairs.iter_rows():
        found[int(left[1:]), int(right[1:])] = value
    assert found.keys() <= truth
    assert len(found) / len(truth) >= 0.99
    for (left, right), value in found.items():
        assert value == pytest.approx(_jaccard(sets[left], sets[right]))

    peer = _datasketch(sets)
    assert len(found) >= len(peer & truth) * 0.99


def _datasketch(sets):
    """The same banding by datasketch, its proposals verified."""
    lsh = MinHashLSH(num_perm=112, params=(14, 8))
    pairs = set()
    for place, grams in enumerate(sets):
        sketch = MinHash(num_perm=112)
        sketch.update_batch([" ".join(gram).encode() for gram in grams])
        pairs |= {(earlier, place) for earlier in lsh.query(sketch)}
        lsh.insert(place, sketch)
    return {pair for pair in pairs if _jaccard(sets[pair[0]], sets[pair[1]]) >= SETTINGS.threshold}


def _pairs(*rows):
    return pl.DataFrame(list(rows), schema=PAIRS_SCHEMA, orient="row")


def test_every_document_left_out_has_a_similar_one_that_stays():
    # 0–1–2–3–4 is a chain: neighbours are similar, the ends are not.
    order = pl.Series(["d0", "d1", "d2", "d3", "d4"])
    values = [0.9, 0.8, 0.85, 0.9]
    chain = _pairs(*[(f"d{place + 1}", f"d{place}", "near", value) for place, value in enumerate(values)])
    assert choose(chain, order).rows() == [("d1", "d0", "near", 0.9), ("d3", "d2", "near", 0.85)]
    clique = _pairs(("d1", "d0", "near", 0.8), ("d2", "d0", "near", 0.9), ("d2", "d1", "near", 0.95))
    assert choose(clique, order).rows() == [("d1", "d0", "near", 0.8), ("d2", "d0", "near", 0.9)]


def _frame(texts):
    ids = [f"d{place:04d}" for place in range(len(texts))]
    return pl.DataFrame({"doc_id": ids, "source": ["s"] * len(texts), "path": ids, "text": texts})


def test_texts_equal_up_to_white_space_are_exact_duplicates():
    found = find(_frame(["a b\n\tc", "  a b c\n", "a bc", "A b c", "a-b c"]), SETTINGS, seed=17)
    assert found.pairs.filter(kind="exact").rows() == [("d0001", "d0000", "exact", 1.0)]


def test_an_exact_copy_of_a_near_duplicate_points_to_what_is_kept(planted):
    original, edited = planted[0], _edited(planted[0], random.Random(1), 0.01)
    found = duplicates(_frame([original, edited, edited + "\n"]), SETTINGS, seed=17)
    assert found["kept_doc_id"].to_list() == ["d0000", "d0000"]
    assert found["kind"].to_list() == ["near", "near"]
    assert found["similarity"].n_unique() == 1


def test_documents_without_words_and_empty_corpora_are_left_alone():
    assert duplicates(_frame(["+++", "---", "***"]), SETTINGS, seed=17).is_empty()
    assert duplicates(_frame(["lonely"]), SETTINGS, seed=17).is_empty()
    assert duplicates(_frame([]).cast(pl.String), SETTINGS, seed=17).is_empty()


def test_the_order_of_the_rows_does_not_matter(planted):
    frame = _frame(planted)
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=3)
    assert duplicates(frame, SETTINGS, 17).equals(duplicates(shuffled, SETTINGS, 17))
