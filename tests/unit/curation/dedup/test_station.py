"""What the lake holds is neither signed nor compared again, and the pairs are those of all documents at once."""

import hashlib
import random
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import polars as pl
import pytest

from model_factory import lake
from model_factory.curation.dedup import station
from model_factory.curation.dedup.station import find_pairs, sign_shard
from tests.unit.curation.conftest import DEDUPLICATE

NUM_SHARDS = 3
TABLES = ("curated.pairs", "curated.signatures", "curated.normals", "curated.compared")


@pytest.fixture(scope="module")
def documents():
    """40 texts in random order, with copies in other white space, edited ones, and one without words."""
    draw = random.Random(5)
    words = [f"w{place}" for place in range(3000)]
    texts = [" ".join(draw.choices(words, k=200)) for _ in range(40)]
    texts += [text.replace(" ", "\n", 9) for text in texts[:8]] + [text.replace("w1", "v1", 1) for text in texts[4:16]]
    texts = [*texts, "+++"]
    draw.shuffle(texts)
    ids = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts]
    rows = pl.DataFrame({"doc_id": ids, "path": [f"{place}.txt" for place in range(len(ids))], "text": texts})
    return rows.with_columns(source=pl.when(pl.int_range(pl.len()) < 45).then(pl.lit("old")).otherwise(pl.lit("new")))


@pytest.fixture
def shards(lineage):
    def make(rows):
        """Hashed into shards, so that new documents come into all of them."""
        part = pl.col("doc_id").str.slice(0, 4).str.to_integer(base=16) * NUM_SHARDS // 2**16
        cut = [rows.filter(part == shard).sort("doc_id") for shard in range(NUM_SHARDS)]
        by = lineage("clean")
        return [lake.stage("clean.documents", one.to_arrow(), by, label=f"s{at}") for at, one in enumerate(cut)]

    return make


def _pairs(cleaned, lineage):
    signed = [sign_shard(DEDUPLICATE, shard, lineage("deduplicate", shard)) for shard in cleaned]
    return find_pairs(DEDUPLICATE, cleaned, signed, lineage("deduplicate", *cleaned, *signed))


@pytest.fixture
def work(monkeypatch):
    """The ids of what is signed, and of what is read to be compared."""
    done = {"signed": [], "read": []}
    signatures, fetched = station.signatures, station.fetched

    def signing(rows, *settings):
        done["signed"] += rows["doc_id"].to_list()
        return signatures(rows, *settings)

    def fetching(cleaned, ids, held_bytes):
        done["read"] += ids.to_list()
        return fetched(cleaned, ids, held_bytes)

    monkeypatch.setattr(station, "signatures", signing)
    monkeypatch.setattr(station, "fetched", fetching)
    return done


def test_only_what_is_new_is_signed_and_compared(documents, shards, lineage, work, tmp_path, monkeypatch):
    old, new = documents.filter(source="old"), documents.filter(source="new")
    first = _pairs(shards(old), lineage)
    assert sorted(work["signed"]) == sorted(old["doc_id"])
    assert first.num_rows > 5
    work["signed"].clear()
    work["read"].clear()

    second = _pairs(shards(documents), lineage)
    assert sorted(work["signed"]) == sorted(new["doc_id"])
    met = pl.DataFrame(lake.read(second)).filter(
        pl.col("doc_id").is_in(new["doc_id"]) | pl.col("other_doc_id").is_in(new["doc_id"])
    )
    matched = {*met["doc_id"], *met["other_doc_id"]}
    again = set(work["read"]) & set(old["doc_id"])
    assert len(matched & set(old["doc_id"])) > 3
    assert again <= matched, "an old text is read again only where a new one may be equal to it or near"
    incremental = [lake.head(table).digest for table in TABLES]
    work["signed"].clear()
    work["read"].clear()

    # Nothing new: nothing is signed or read.
    third = _pairs(shards(documents.with_columns(path=pl.col("path"))), lineage)
    assert work == {"signed": [], "read": []}
    assert third.digest == second.digest

    monkeypatch.setenv("FACTORY_HOME", str(tmp_path / "another"))
    at_once = _pairs(shards(documents), lineage)
    assert at_once.digest == second.digest
    assert [lake.head(table).digest for table in TABLES] == incremental


def test_a_text_that_changed_under_its_id_is_done_anew(documents, shards, lineage, work, tmp_path, monkeypatch):
    """Other steps of normalisation give a document another text."""
    _pairs(shards(documents), lineage)
    work["signed"].clear()
    changed = documents.with_columns(
        text=pl.when(pl.col("path") == "3.txt").then(pl.col("text") + " more").otherwise("text")
    )
    found = _pairs(shards(changed), lineage)
    assert work["signed"] == changed.filter(path="3.txt")["doc_id"].to_list()
    monkeypatch.setenv("FACTORY_HOME", str(tmp_path / "another"))
    assert _pairs(shards(changed), lineage).digest == found.digest


def test_several_processes_and_one_find_the_same(documents, shards, lineage, tmp_path, monkeypatch):
    cleaned = shards(documents)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        made = [pool.submit(sign_shard, DEDUPLICATE, shard, lineage("deduplicate", shard)) for shard in cleaned]
        signed = [one.result(timeout=300) for one in made]
    found = find_pairs(DEDUPLICATE, cleaned, signed, lineage("deduplicate", *cleaned, *signed))
    monkeypatch.setenv("FACTORY_HOME", str(tmp_path / "another"))
    assert _pairs(shards(documents), lineage).digest == found.digest


def test_shards_that_were_not_signed_are_noticed(documents, shards, lineage):
    cleaned = shards(documents)
    signed = [sign_shard(DEDUPLICATE, shard, lineage("deduplicate", shard)) for shard in cleaned[:2]]
    with pytest.raises(ValueError, match="2 shards of signatures for 3 of documents"):
        find_pairs(DEDUPLICATE, cleaned, signed, lineage("deduplicate"))
