import random
import re
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import polars as pl
import pytest

from model_factory.cards.deduplicate import NearDuplicates
from model_factory.curation.dedup.find import NOTHING, compare, find, pairs_of
from model_factory.curation.dedup.signatures import SIGNATURES_SCHEMA, signatures
from model_factory.curation.dedup.signed import Signed
from model_factory.curation.dedup.verify import similarities

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


@pytest.mark.parametrize("num_shards", [2, 5])
def test_what_is_known_is_not_read_again_and_changes_nothing(documents, num_shards):
    shards = [documents.gather_every(num_shards, offset) for offset in range(num_shards)]
    known, asked = NOTHING, []
    for number in range(num_shards):
        held, read = pl.concat(shards[: number + 1]), set()
        texts = _lookup(held, read)
        signed = signatures(held, SETTINGS, 17)
        in_memory = Signed(lambda columns, rows=signed: iter([rows.select(columns)]), len(held), 1 << 30)
        known = compare(in_memory, SETTINGS, lambda _, lookup=texts: lookup, known)
        assert known.pairs.equals(find(held, SETTINGS, 17).pairs)
        asked.append(read)
    # Old texts are read where they may equal a new one, or are near to one.
    assert known.pairs["kind"].value_counts().sort("kind")["count"].to_list() > [15, 30]
    again = find(documents, SETTINGS, 17, known)
    assert again.pairs.equals(known.pairs)
    assert again.compared.equals(known.compared)
    assert len(asked[-1] - set(shards[-1]["doc_id"])) < len(documents) / 3


def test_what_is_known_of_another_text_does_not_count(documents):
    known = find(documents, SETTINGS, 17)
    changed = documents.with_columns(text=pl.when(pl.col("doc_id") == "d000").then(pl.lit("other")).otherwise("text"))
    assert find(changed, SETTINGS, 17, known).pairs.equals(find(changed, SETTINGS, 17).pairs)


@pytest.mark.parametrize("memory_bytes", [1 << 10, 1 << 14, 1 << 17])
def test_parts_of_bands_give_the_same_pairs(documents, memory_bytes):
    signed = signatures(documents, SETTINGS, 17)
    in_parts = Signed(lambda columns: signed.select(columns).iter_slices(13), len(signed), memory_bytes)
    assert in_parts.num_parts(SETTINGS.num_bands) >= 2
    found = compare(in_parts, SETTINGS, lambda _: _lookup(documents))
    at_once = find(documents, SETTINGS, 17)
    assert found.pairs.equals(at_once.pairs)
    assert found.compared.equals(at_once.compared)
    assert found.normals.equals(at_once.normals)


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
    assert pieces.compared.equals(whole.compared)


def test_sketches_spare_comparisons_and_lose_no_true_pair(documents, monkeypatch):
    compared = []

    def count(texts_of, num_bytes_D, pairs_P, *settings):
        compared.append(len(pairs_P))
        return similarities(texts_of, num_bytes_D, pairs_P, *settings)

    monkeypatch.setattr("model_factory.curation.dedup.find.similarities", count)
    loose = NearDuplicates(ngram=1, num_bands=60, band_rows=2, threshold=0.8)
    found = find(documents, loose, 17)
    monkeypatch.setattr("model_factory.curation.dedup.candidates.ESTIMATE_MARGIN", 1000.0)
    assert find(documents, loose, 17).pairs.equals(found.pairs)
    assert compared[0] < compared[1] / 4


def test_signatures_of_other_settings_are_refused(documents):
    others = NearDuplicates(5, 14, 8, 0.8)
    mixed = pl.concat([signatures(documents[:5], others, 17), signatures(documents[5:], SETTINGS, 17)])
    with pytest.raises(ValueError, match=r"deduplicate\.near.*sign all documents with the same settings"):
        pairs_of(mixed, SETTINGS, _lookup(documents))


def test_signatures_are_a_table_of_the_stated_schema(documents):
    assert signatures(documents, SETTINGS, 17).schema == SIGNATURES_SCHEMA
    assert signatures(documents[:0], SETTINGS, 17).schema == SIGNATURES_SCHEMA
    bands = signatures(documents, SETTINGS, 17).filter(pl.col("bands").is_not_null())["bands"]
    assert set(bands.list.len()) == {20}
    assert len(documents) - len(bands) == 2
