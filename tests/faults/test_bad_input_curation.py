"""Bad raw input: one clear error that names the cure, or a line in scrap; never something half-written."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from model_factory import lake
from model_factory.cards.clean import Clean
from model_factory.cards.curate import Curate
from model_factory.cards.deduplicate import Deduplicate, NearDuplicates
from model_factory.cards.errors import CardError
from model_factory.cards.ingest import Ingest, Source
from model_factory.curation.clean import clean_shard
from model_factory.curation.curate import curate
from model_factory.curation.dedup.station import find_pairs, sign_shard
from model_factory.curation.filters.verdicts import VERDICT_SCHEMA
from model_factory.curation.ingest import ingest
from model_factory.curation.sources import list_sources
from model_factory.curation.values import measure_shard, measured_part
from model_factory.nouns import Lineage

LINEAGE = Lineage("f" * 64, "ingest", "c0de", "commit", "image", [])
GOOD = "def good(x):\n    return x + 1\n" * 10


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("FACTORY_HOME", str(tmp_path / "state"))
    made = tmp_path / "corpus"
    made.mkdir()
    return made


def _ingest(path):
    section = Ingest(17, "", [Source("mine", "files", "MIT", path=str(path))], 1 << 26, 1 << 20)
    return ingest(section, list_sources(section), LINEAGE)


def _scrap():
    return {row["path"]: row["reason"] for row in lake.read(lake.head("raw.scrap")).to_pylist()}


def test_corrupt_parquet_costs_only_what_is_damaged(folder):
    texts = [f"{GOOD}# {number}" for number in range(4000)]
    pq.write_table(pa.table({"text": texts}), folder / "damaged.parquet", row_group_size=1000, compression="zstd")
    content = bytearray((folder / "damaged.parquet").read_bytes())
    third = pq.ParquetFile(folder / "damaged.parquet").metadata.row_group(2).column(0)
    start = third.dictionary_page_offset or third.data_page_offset
    content[start : start + 200] = b"\xff" * 200
    (folder / "damaged.parquet").write_bytes(content)
    (folder / "headless.parquet").write_bytes(content[: len(content) // 2])
    (folder / "good.py").write_text(GOOD)

    documents = _ingest(folder)
    assert documents.num_rows == 3001
    assert _scrap() == {"damaged.parquet#2001": "corrupt", "headless.parquet": "corrupt"}


def test_invalid_utf8_goes_to_scrap_and_the_rest_comes_in(folder):
    (folder / "good.py").write_text(GOOD)
    (folder / "latin1.py").write_bytes("# café\n".encode("latin-1"))
    (folder / "binary.py").write_bytes(bytes(range(256)))
    assert _ingest(folder).num_rows == 1
    assert _scrap() == {"latin1.py": "undecodable", "binary.py": "undecodable"}


def test_only_invalid_files_is_an_error_with_the_reasons(folder):
    (folder / "latin1.py").write_bytes("# café\n".encode("latin-1"))
    (folder / "empty.py").write_bytes(b"")
    with pytest.raises(CardError, match=r"ingest\.sources: no document came out of mine: .*1 empty.*raise the limits"):
        _ingest(folder)
    assert lake.tables() == []


def test_a_missing_folder_names_the_field_and_the_cure(folder):
    with pytest.raises(CardError, match=r"ingest\.sources\[mine\]\.path: there is no .*nowhere; correct the path"):
        _ingest(folder / "nowhere")
    assert lake.tables() == []


def test_an_empty_folder_names_the_field_and_the_cure(folder):
    with pytest.raises(CardError, match=r"ingest\.sources\[mine\]\.path: .* matches no file; correct the path or put"):
        _ingest(folder)


def test_an_empty_corpus_after_the_filters_counts_who_dropped_what(folder):
    (folder / "short.py").write_text("x = 1\n")
    (folder / "broken.py").write_text(GOOD + "def (:\n")
    documents = _ingest(folder)
    filters = {"length": {"min_chars": 50, "max_chars": 1e6}, "parses": {}}
    section = Curate(17, "", filters, {})
    cleaned = [clean_shard(Clean(17, "", 1, {}, {}), documents, "0000-g", LINEAGE)]
    values = [measure_shard(measured_part(section), cleaned[0], LINEAGE)]
    deduplicate = Deduplicate(17, "", NearDuplicates(5, 14, 8, 0.8))
    pairs = find_pairs(deduplicate, cleaned, [sign_shard(deduplicate, cleaned[0], LINEAGE)], LINEAGE)
    contamination = lake.write("curated.contamination", VERDICT_SCHEMA.to_frame().to_arrow(), LINEAGE)
    with pytest.raises(CardError) as caught:
        curate(section, cleaned, values, pairs, contamination, LINEAGE)
    message = str(caught.value)
    assert "curate.filters: none of 2 documents is left" in message
    assert "length.min_chars dropped 1" in message
    assert "parses dropped 1" in message
    assert "loosen the threshold that drops most" in message
    assert "curated.documents" not in lake.tables()
