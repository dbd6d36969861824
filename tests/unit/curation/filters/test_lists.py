"""Filters that go by the user's lists, by paths and by what a file is."""

import polars as pl
import pytest

from model_factory.cards.errors import CardError
from model_factory.curation.filters.licence import is_allowed
from model_factory.curation.filters.load import load_filters
from model_factory.curation.filters.measure import columns_of, measure
from model_factory.curation.filters.toxicity import false_positives, read_words
from tests.unit.curation.filters.tools import judge

from .settings import CARD
from .tools import judged, prose, rows_of

LISTS = """# the user's own
host bad.example
host evil.co.uk   # and all below it
url https://fine.example/one/page
word casino
soft_word free
soft_word win
part freemoney
"""
WORDS = """[birds]
toxic = ["featherbrain", "bird brain"]
mentions = ["bird", "birds"]
[cats]
toxic = ["hairball"]
mentions = ["cat", "cats"]
"""


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://bad.example/", False),
        ("http://www.Bad.Example:8080/path", False),
        ("https://user@deep.evil.co.uk", False),
        ("https://notbad.example/", True),
        ("https://co.uk/", True),
        ("https://fine.example/one/page/", False),
        ("https://fine.example/one/page2", True),
        ("https://a.example/best-casino-ever", False),
        ("https://a.example/casinos", True),
        ("https://a.example/free-tickets", True),
        ("https://a.example/free-and-win", False),
        ("https://a.example/free_money-now", False),
        ("https://a.example/plain", True),
        (None, True),
    ],
)
def test_addresses_are_judged_by_the_users_lists(url, kept, tmp_path):
    lists = tmp_path / "lists.txt"
    lists.write_text(LISTS)
    rows = rows_of(["text"], url=[url]).with_columns(pl.col("url").cast(pl.String))
    verdicts = judge(rows, {"url": {"lists_file": str(lists), "max_soft_words": 1}})
    assert verdicts["kept"].all() == kept


def test_a_changed_list_moves_the_version_and_a_wrong_line_is_named(tmp_path):
    lists = tmp_path / "lists.txt"
    settings = {"url": {"lists_file": str(lists), "max_soft_words": 1}}
    with pytest.raises(CardError, match=r"curate\.filters\.url\.lists_file: there is no file"):
        load_filters(settings)
    lists.write_text(LISTS)
    before = load_filters(settings)["url"].version
    lists.write_text(LISTS + "hots typo.example\n")
    assert load_filters(settings)["url"].version != before
    with pytest.raises(CardError, match=r"lists\.txt:9: 'hots' is no kind of entry; did you mean 'host'"):
        measure(rows_of(["text"], url=["https://a.example"]), settings)


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("mit", True),
        ("GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT", True),
        ("GPL-3.0-only AND MIT", False),
        ("MIT AND (Apache-2.0 OR GPL-2.0-only)", True),
        ("(MIT AND GPL-2.0-only) OR (GPL-3.0-only AND Apache-2.0)", False),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("", False),
    ],
)
def test_a_licence_expression_is_read(expression, allowed):
    assert is_allowed(expression, frozenset({"mit", "apache-2.0"})) is allowed


def test_real_licences_and_paths_are_told_apart(stdlib):
    licences = ["PSF-2.0", "GPL-3.0-only", None]
    kept = judge(rows_of(["x", "y", "z"], licence=licences), {"licence": CARD["licence"]})["kept"]
    assert kept.to_list() == [True, False, False]
    verdicts = judge(stdlib, {"vendored": CARD["vendored"]}).join(stdlib.select("doc_id", "path"), on="doc_id")
    dropped = set(verdicts.filter(~pl.col("kept"))["path"])
    assert {"test/test_json/test_decode.py", "ctypes/test/test_cast.py"} & dropped
    assert "pip/_vendor/rich/text.py" not in stdlib["path"] or "pip/_vendor/rich/text.py" in dropped
    assert not {"json/decoder.py", "contextlib.py", "doctest.py"} & dropped
    assert columns_of({"vendored": CARD["vendored"], **{"length": CARD["length"]}}) == [
        "doc_id", "language", "text", "path",
    ]  # fmt: skip
    vendored = rows_of(["x"] * 3, path=["a/_vendor/b.py", "a/vendored.py", "node_modules/c/d.js"])
    bad = judge(vendored, {"vendored": CARD["vendored"]}).filter(~pl.col("kept"))["doc_id"].to_list()
    assert bad == ["000000", "000002"]


def test_tables_written_as_code_are_rejected(stdlib):
    paths = dict(stdlib.select("path", "text").rows())
    tables = ["encodings/cp437.py", "encodings/cp850.py", "encodings/mac_arabic.py", "html/entities.py"]
    code = ["json/decoder.py", "ast.py", "difflib.py", "argparse.py", "statistics.py"]
    assert judged([paths[path] for path in tables], "data_as_code", language="python").to_list() == [False] * 4
    assert judged([paths[path] for path in code], "data_as_code", language="python").all()
    everything = judged(stdlib["text"].to_list(), "data_as_code", language="python")
    assert 0.8 < everything.mean() < 0.99


def test_english_is_told_from_other_languages():
    others = [
        "Der schnelle braune Fuchs springt über den faulen Hund und läuft dann in den dunklen Wald zurück. " * 3,
        "Le renard brun saute par-dessus le chien paresseux et retourne ensuite dans la forêt sombre. " * 3,
        "Быстрая бурая лиса прыгает через ленивую собаку и возвращается в тёмный лес. " * 3,
        "12345 67890 ++++ ----",
    ]
    assert judged(others, "language").to_list() == [False] * 4
    assert judged(prose(), "language").mean() > 0.95
    german = {"language": {**CARD["language"], "languages": ["de", "fr"]}}
    assert judge(rows_of(others), german)["kept"].to_list() == [True, True, False, False]
    with pytest.raises(CardError, match="'xx' is no language"):
        judge(rows_of(others), {"language": {**CARD["language"], "languages": ["xx"]}})


def test_toxic_words_are_found_and_whom_the_list_wrongs_is_reported(tmp_path):
    words = tmp_path / "words.toml"
    words.write_text(WORDS)
    texts = [
        "You featherbrain, go away.",  # toxic
        "The bird brain is small for its size, and birds are clever.",  # clean, wrongly rejected
        "Birds sing at dawn.",
        "The cat coughed up a Hairball.",  # clean, wrongly rejected
        "Nothing about animals.",
        "Hairballs are another word.",
    ]
    verdicts = judge(rows_of(texts), {"toxicity": {"words_file": str(words), "max_hits_per_1000_words": 0}})
    assert verdicts["kept"].to_list() == [False, False, True, False, True, True]
    labelled = pl.DataFrame({"text": texts, "toxic": [True] + [False] * 5})
    report = false_positives(labelled, ~verdicts["kept"], read_words(words))
    assert report.rows() == [("birds", 2, 1, 0.5), ("cats", 1, 1, 1.0), ("(none)", 2, 0, 0.0)]
    words.write_text("[birds]\ntoxic = []\n")
    with pytest.raises(CardError, match=r"\[birds\] has no list 'mentions'"):
        read_words(words)
