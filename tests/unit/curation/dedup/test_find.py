import random
import re
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import polars as pl
import pytest

from model_factory.cards.deduplicate import NearDuplicates
from model_factory.curation.dedup.choose import choose
from model_factory.curation.dedup.find import NOTHING, ORDER, Known, find, pairs_of
from model_factory.curation.dedup.signatures import SIGNATURES_SCHEMA, signatures
from model_factory.curation.dedup.verify import verified

SETTINGS = NearDuplicates(ngram=5, num_bands=20, band_rows=6, threshold=0.8)


@pytest.fixture(scope="module")
def documents(stdlib):
    """100 modules, some with a copy in other white space or an edited one, in random order."""
    draw = random.Random(11)
    texts = [text for text in stdlib["text"] if 1000 < len(text) < 8000][:100]
    copies = [re.sub(r"\s+", "  ", text) for text in texts[:20]]
    edited = [text.replace("self", f"it{place}", 1 + place % 9) for place, text in enumerate(texts[10:60])]
    everything = texts + copies + edited + ["", "+++"]
    draw.shuffle(everything)
    ids = [f"d{place:03d}" for place in range(len(everything))]
    return pl.DataFrame({"doc_id": ids, "source": "s", "path": ids, "text": everything})


def _lookup(documents, asked=None):
    def lookup(ids):
        if asked is not None:
            asked.update(ids)
        return documents.select("doc_id", "text").filter(pl.col("doc_id").is_in(ids.implode()))

    return lookup


def _in_turns(documents, shards):
    known, asked = NOTHING, set()
    for shard in shards:
        earlier = documents.filter(pl.col("doc_id").is_in(known.signatures["doc_id"].implode()))
        found = find(shard, SETTINGS, 17, known, _lookup(earlier, asked))
        known = Known(pl.concat([known.signatures, found.signatures]), pl.concat([known.pairs, found.pairs]))
    return known, asked


@pytest.mark.parametrize("num_shards", [2, 5])
def test_shards_that_come_in_turns_end_as_all_at_once(documents, num_shards):
    at_once = find(documents, SETTINGS, 17)
    shards = [documents.gather_every(num_shards, offset) for offset in range(num_shards)]
    in_turns, asked = _in_turns(documents, shards)
    order = documents.sort(*ORDER)["doc_id"]
    left_out = choose(at_once.pairs, order)
    assert left_out["kind"].value_counts().sort("kind")["count"].to_list() > [15, 30]
    assert choose(in_turns.pairs, order).equals(left_out)
    assert in_turns.signatures.sort("doc_id").equals(at_once.signatures.sort("doc_id"))
    # Only known documents that a new one agrees with in a band are read again.
    assert 0 < len(asked) < len(documents) * 0.9


def test_near_pairs_of_distinct_texts_are_the_same_in_turns(documents):
    distinct = documents.unique("text", keep="first", maintain_order=True)
    copies = find(distinct, SETTINGS, 17).pairs.filter(kind="exact")["doc_id"]
    distinct = distinct.filter(~pl.col("doc_id").is_in(copies.implode()))
    in_turns, _ = _in_turns(distinct, [distinct.gather_every(3, offset) for offset in range(3)])
    at_once = find(distinct, SETTINGS, 17).pairs
    assert at_once.height > 20
    assert in_turns.pairs.sort("doc_id", "other_doc_id").equals(at_once.sort("doc_id", "other_doc_id"))


def test_signatures_made_by_several_processes_give_the_same_pairs(documents):
    shards = [documents.gather_every(2, offset) for offset in range(2)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        signed = pl.concat(pool.map(signatures, shards, [SETTINGS] * 2, [17] * 2))
    assert pairs_of(signed, SETTINGS, _lookup(documents)).equals(find(documents, SETTINGS, 17).pairs)


def test_pairs_do_not_depend_on_how_much_is_held_at_once(documents, monkeypatch):
    whole = find(documents, SETTINGS, 17)
    for name in ("windows.BATCH_BYTES", "signatures.BATCH_BYTES", "verify.CHUNK_BYTES"):
        monkeypatch.setattr(f"model_factory.curation.dedup.{name}", 3000)
    pieces = find(documents, SETTINGS, 17)
    assert pieces.pairs.equals(whole.pairs)
    assert pieces.signatures.equals(whole.signatures)


def test_sketches_spare_comparisons_and_lose_no_true_pair(documents, monkeypatch):
    compared = []

    def count(texts_of, num_bytes_D, pairs_P, *settings):
        compared.append(len(pairs_P))
        return verified(texts_of, num_bytes_D, pairs_P, *settings)

    monkeypatch.setattr("model_factory.curation.dedup.find.verified", count)
    loose = NearDuplicates(ngram=1, num_bands=60, band_rows=2, threshold=0.8)
    found = find(documents, loose, 17)
    monkeypatch.setattr("model_factory.curation.dedup.candidates.ESTIMATE_MARGIN", 1000.0)
    assert find(documents, loose, 17).pairs.equals(found.pairs)
    assert compared[0] < compared[1] / 4


def test_signatures_of_other_settings_are_refused(documents):
    known = find(documents[:5], NearDuplicates(5, 14, 8, 0.8), 17)
    with pytest.raises(ValueError, match=r"deduplicate\.near.*sign the stored documents again"):
        find(documents[5:], SETTINGS, 17, known, _lookup(documents))


def test_signatures_are_a_table_of_the_stated_schema(documents):
    assert signatures(documents, SETTINGS, 17).schema == SIGNATURES_SCHEMA
    assert signatures(documents[:0], SETTINGS, 17).schema == SIGNATURES_SCHEMA
    bands = signatures(documents, SETTINGS, 17).filter(pl.col("bands").is_not_null())["bands"]
    assert set(bands.list.len()) == {20}
    assert len(documents) - len(bands) == 2
