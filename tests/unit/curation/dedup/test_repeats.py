import polars as pl
import pytest

from model_factory import lake
from model_factory.cards.clean import Clean
from model_factory.cards.deduplicate import (
    Deduplicate,
    NearDuplicates,
    RepeatedPassages,
    RepeatedSubstrings,
    UrlDuplicates,
)
from model_factory.curation.clean import clean_shard, plan_shards, read_cleaned
from model_factory.curation.dedup.repeats import cut_shard, find_repeats, repeats_html
from model_factory.curation.dedup.spans import SPANS_SCHEMA
from model_factory.curation.dedup.station import find_pairs, sign_shard
from model_factory.nouns import Lineage

NEAR = NearDuplicates(5, 14, 8, 0.8)
BOTH = Deduplicate(17, "", NEAR, None, RepeatedPassages("paragraph", 20), RepeatedSubstrings(12))
COUNTED = " ".join(f"word{place}" for place in range(20))
NOTICE = "All of this may be used\nby everybody for everything."
TEXTS = {
    "a.txt": f"{NOTICE}\n\nWhat the first one says, and nobody else does.\n\nIt counts: {COUNTED} so far.\n",
    "b.txt": f"What the second one says on its own account.\n\n{NOTICE}\n\nThe end of it.\n",
    "c.txt": f"The third one quotes ({COUNTED}) and goes on with words of its own, many of them.\n",
    "copy.txt": f"{NOTICE}\n\nWhat the first one says, and nobody else does.\n\nIt counts: {COUNTED} so far.\n",
    "d.py": f'"""{NOTICE}"""\n\nx = [\n    "{COUNTED}"\n]\n',
    "e.txt": "Nothing that anybody else says.\n",
}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("FACTORY_HOME", str(tmp_path / "state"))


def _by(station, *parents):
    return Lineage("f" * 64, station, "c0de", "commit", "image", [parent.as_parent() for parent in parents])


def _cleaned(texts, num_shards=3, urls=None):
    rows = [
        {"doc_id": f"{place:x}" * 32, "path": path, "text": text, "url": (urls or {}).get(path, "")}
        for place, (path, text) in enumerate(texts.items())
    ]
    documents = pl.DataFrame(rows).with_columns(
        source=pl.lit("s"),
        licence=pl.lit("MIT"),
        origin=pl.lit("here"),
        language=pl.when(pl.col("path").str.ends_with(".py")).then(pl.lit("python")).otherwise(pl.lit("text")),
        place=pl.int_range(pl.len()),
        num_bytes=pl.col("text").str.len_bytes(),
        shard=pl.col("doc_id").str.slice(0, 8).str.to_integer(base=16) * 1024 // 2**32,
    )
    raw = lake.write("raw.documents", documents.to_arrow(), _by("ingest"))
    section = Clean(17, "", num_shards, {}, {})
    return [clean_shard(section, raw, shard, _by("clean", raw)) for shard in plan_shards(section, raw)]


def _pairs(section, cleaned):
    signed = [sign_shard(section, shard, _by("deduplicate", shard)) for shard in cleaned]
    return find_pairs(section, cleaned, signed, _by("deduplicate", *cleaned, *signed))


def _cut(section, cleaned):
    pairs = _pairs(section, cleaned)
    repeats = find_repeats(section.repeats, cleaned, pairs, _by("deduplicate", *cleaned, pairs))
    shards = [cut_shard(section.repeats, shard, repeats, _by("deduplicate", shard, repeats)) for shard in cleaned]
    return repeats, shards


def _rows(shards):
    return {row["path"]: row for row in read_cleaned(shards, ["path", "doc_id", "text", "changes"]).to_dicts()}


def test_what_stood_before_is_cut_and_named():
    repeats, shards = _cut(BOTH, _cleaned(TEXTS))
    rows = _rows(shards)
    names = {row["doc_id"]: path for path, row in rows.items()}
    told = {(names[row["doc_id"]], names[row["other_doc_id"]], row["kind"]) for row in lake.read(repeats).to_pylist()}
    assert told == {
        ("b.txt", "a.txt", "paragraph"),
        ("c.txt", "a.txt", "substring"),
        ("d.py", "a.txt", "substring"),
    }
    assert rows["a.txt"]["text"] == TEXTS["a.txt"]
    assert rows["b.txt"]["text"] == "What the second one says on its own account.\n\n\nThe end of it.\n"
    assert rows["c.txt"]["text"] == "The third one quotes () and goes on with words of its own, many of them.\n"
    assert rows["d.py"]["text"] == TEXTS["d.py"].replace(COUNTED, "")
    (change,) = rows["b.txt"]["changes"]
    assert (change["step"], change["num_lines"], change["num_chars"]) == ("repeats", 2, len(NOTICE) + 1)
    assert rows["a.txt"]["changes"] == rows["e.txt"]["changes"] == []


def test_the_page_adds_up_and_names_who_had_it_first():
    spans = [("d2", "d1", "line", 0, 10), ("d2", "d1", "substring", 20, 50), ("d3", "d1", "line", 5, 9)]
    documents = pl.DataFrame({"doc_id": ["d1", "d2", "d3"], "source": ["s"] * 3, "path": ["a", "b", "c"]})
    html = repeats_html(pl.DataFrame(spans, schema=SPANS_SCHEMA, orient="row"), documents)
    assert "<td>line</td><td>2</td><td>2</td><td>14</td>" in html
    assert "<td>substring</td><td>1</td><td>1</td><td>30</td>" in html
    assert "<td>s:b</td><td>s:a</td><td>40</td>" in html


def test_a_copy_takes_no_part_because_it_is_left_out_as_a_whole():
    _, shards = _cut(BOTH, _cleaned(TEXTS))
    assert _rows(shards)["copy.txt"]["text"] == TEXTS["copy.txt"]


def test_shards_change_nothing():
    cut = [_cut(BOTH, _cleaned(TEXTS, num)) for num in (1, 4)]
    assert cut[0][0].digest == cut[1][0].digest
    assert _rows(cut[0][1]) == _rows(cut[1][1])


def test_a_program_that_would_no_longer_parse_stays_whole_and_says_so():
    listed = ", ".join(f"word{place}" for place in range(20))
    other = "".join(f"other{place} = {place}\n" for place in range(20))
    texts = {"a.py": f"x = [{listed}]\n", "b.py": f"from words import {listed}\n{other}"}
    section = Deduplicate(17, "", NEAR, None, None, RepeatedSubstrings(12))
    repeats, shards = _cut(section, _cleaned(texts))
    assert repeats.num_rows == 1
    row = _rows(shards)["b.py"]
    assert row["text"] == texts["b.py"]
    assert [(change["step"], change["withheld"]) for change in row["changes"]] == [("repeats", True)]


def test_a_card_that_cuts_nothing_leaves_the_shards_as_they_are():
    cleaned = _cleaned(TEXTS)
    repeats, shards = _cut(Deduplicate(17, "", NEAR), cleaned)
    assert shards == cleaned
    assert repeats.num_rows == 0


def test_pages_that_are_one_are_pairs_like_any_other():
    urls = {"b.txt": "http://example.org/a?utm_source=x", "e.txt": "https://example.org/a/"}
    cleaned = _cleaned(TEXTS, urls=urls)
    found = []
    for url in (None, UrlDuplicates(["utm_*"])):
        pairs = _pairs(Deduplicate(17, "", NEAR, url), cleaned)
        found.append({(row["kind"], row["doc_id"][0], row["threshold"]) for row in lake.read(pairs).to_pylist()})
    assert found[0] == {("exact", "3", 1.0)}
    assert found[1] == {("exact", "3", 1.0), ("url", "5", 1.0)}
