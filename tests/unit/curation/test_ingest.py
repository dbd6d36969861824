import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from model_factory import lake
from model_factory.cards.ingest import Source
from model_factory.curation.buckets import NUM_BUCKETS, bucket_of, buckets_of
from model_factory.curation.ingest import SourcesChanged, ingest
from model_factory.curation.sources import list_sources

TEXTS = ["def one():\n    return 1\n", "prose with ünïcode\n", "third"]


def _lines(texts):
    return "".join(json.dumps({"text": text, "id": place}) + "\n" for place, text in enumerate(texts)).encode()


def _run(section, lineage):
    made = ingest(section, list_sources(section), lineage("ingest"))
    return lake.read(made).to_pylist(), lake.read(lake.head("raw.scrap")).to_pylist(), made


def test_every_format_gives_the_same_texts(tmp_path, ingest_section, lineage):
    (tmp_path / "a.jsonl").write_bytes(_lines(TEXTS))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(_lines(TEXTS[:1])) + gzip.compress(_lines(TEXTS[1:])))
    (tmp_path / "c.jsonl.zst").write_bytes(zstandard.compress(_lines(TEXTS)))
    pq.write_table(pa.table({"other": [1, 2, 3], "text": TEXTS}), tmp_path / "d.parquet")
    for number, text in enumerate(TEXTS):
        (tmp_path / f"e{number}.txt").write_text(text, newline="")
    rows, scrap, _ = _run(ingest_section(Source("mine", "files", "MIT", path=str(tmp_path))), lineage)
    assert not scrap
    by_file = {}
    for row in sorted(rows, key=lambda row: row["path"]):
        by_file.setdefault(row["path"][0], []).append(row["text"])
    assert by_file == dict.fromkeys("abcde", TEXTS)
    assert [row["path"] for row in rows if row["path"].startswith("b")].count("b.jsonl.gz#2") == 1
    assert {row["licence"] for row in rows} == {"MIT"}
    assert all(row["num_bytes"] == len(row["text"].encode()) for row in rows)


def test_ids_do_not_depend_on_where_files_lie(tmp_path, ingest_section, lineage):
    digests = set()
    for place in ("here", "there"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "x.py").write_text("x = 1\n")
        section = ingest_section(Source("mine", "files", "MIT", path=str(tmp_path / place / "x.py")))
        rows, _, _ = _run(section, lineage)
        digests.add((rows[0]["doc_id"], rows[0]["shard"], rows[0]["path"]))
    assert len(digests) == 1


def test_what_cannot_be_read_goes_to_scrap_with_its_reason(tmp_path, ingest_section, lineage):
    lines = _lines(TEXTS * 400)
    zipped, packed = gzip.compress(lines, mtime=0), zstandard.compress(lines)
    table = pa.table({"words": TEXTS})
    pq.write_table(table, tmp_path / "other_column.parquet")
    contents = {
        "good.txt": b"good",
        "latin1.txt": "naïve café".encode("latin-1"),
        "half.txt": "naïve"[:3].encode()[:-1],
        "empty.py": b"",
        "blank.txt": b" \n\t\n",
        "large.txt": b"x" * 5000,
        "cut.jsonl.gz": zipped[: len(zipped) // 2],
        "cut.jsonl.zst": packed[: len(packed) // 2],
        "noise.jsonl.gz": b"this is no gzip",
        "noise.parquet": b"PAR1 nothing of the kind PAR1",
        "lines.jsonl": b'{"text": "kept"}\n{"text": 3}\nnot json\n{"body": "x"}\n{"text": "\\ud800"}\n{"text": "la',
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    section = ingest_section(Source("mine", "files", "MIT", path=str(tmp_path)), max_document_bytes=4096)
    rows, scrap, _ = _run(section, lineage)
    reasons = {row["path"]: row["reason"] for row in scrap}
    cut = {path.split("#")[0]: reason for path, reason in reasons.items() if path.startswith("cut")}
    assert cut == {"cut.jsonl.gz": "truncated", "cut.jsonl.zst": "truncated"}
    assert {path: reason for path, reason in reasons.items() if not path.startswith("cut")} == {
        "latin1.txt": "undecodable",
        "half.txt": "truncated",
        "empty.py": "empty",
        "blank.txt": "empty",
        "large.txt": "too_large",
        "noise.jsonl.gz#1": "corrupt",
        "noise.parquet": "corrupt",
        "other_column.parquet": "missing_column",
        "lines.jsonl#2": "not_text",
        "lines.jsonl#3": "undecodable",
        "lines.jsonl#4": "missing_column",
        "lines.jsonl#5": "undecodable",
        "lines.jsonl#6": "truncated",
    }
    texts = {row["path"]: row["text"] for row in rows}
    assert texts["good.txt"] == "good"
    assert texts["lines.jsonl#1"] == "kept"
    # What came before the cut is kept.
    assert texts["cut.jsonl.gz#1"] == TEXTS[0]


def test_a_small_file_cannot_unpack_to_more_than_the_total(tmp_path, ingest_section, lineage):
    (tmp_path / "bomb.jsonl.gz").write_bytes(gzip.compress(_lines(["x" * 100] * 50_000)))
    (tmp_path / "fine.txt").write_text("fine")
    section = ingest_section(Source("mine", "files", "MIT", path=str(tmp_path)), max_total_bytes=1 << 20)
    rows, scrap, _ = _run(section, lineage)
    assert [row["text"] for row in rows] == ["fine"]
    assert [row["reason"] for row in scrap] == ["over_total"]


def test_equal_files_give_equal_snapshots(tmp_path, ingest_section, lineage, monkeypatch):
    section = ingest_section(Source("packages", "distribution_sources", "declared", packages=["click"]))
    first = _run(section, lineage)[2]
    monkeypatch.setenv("FACTORY_HOME", str(tmp_path / "another"))
    second = _run(section, lineage)[2]
    assert (first.digest, first.num_rows) == (second.digest, second.num_rows)


def test_files_that_change_under_way_are_noticed(tmp_path, ingest_section, lineage):
    (tmp_path / "x.txt").write_text("before")
    section = ingest_section(Source("mine", "files", "MIT", path=str(tmp_path)))
    listing = list_sources(section)
    (tmp_path / "x.txt").write_text("after")
    with pytest.raises(SourcesChanged, match="run the same command again"):
        ingest(section, listing, lineage("ingest"))
    assert lake.tables() == []


def test_shards_cover_every_bucket_once():
    for num_shards in (1, 3, 4, NUM_BUCKETS):
        ranges = [buckets_of(shard, num_shards) for shard in range(num_shards)]
        covered = [bucket for first, end in ranges for bucket in range(first, end)]
        assert covered == list(range(NUM_BUCKETS))
    assert bucket_of("0" * 32) == 0
    assert bucket_of("f" * 32) == NUM_BUCKETS - 1
