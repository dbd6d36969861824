import random
import re
import sysconfig
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from model_factory.cards.decontaminate import Overlap
from model_factory.curation.decontaminate.index import build_index
from model_factory.curation.decontaminate.match import MATCHES_SCHEMA, shared_items

SETTINGS, MIN_SHARE = Overlap(ngram=8, min_words=6), 0.5
THINGS = ["apples", "marbles", "coins", "stamps", "bottles", "lanterns", "tickets", "shells"]
PEOPLE = ["Ada", "Boris", "Chen", "Dalia", "Emeka", "Farah", "Goran", "Hana"]
TEMPLATES = [
    "{a} has {m} {x} and gives {n} of them to {b}, who already owned {k}. How many {x} does {b} hold in the end?",
    "def share_{x}(total: int, people: int) -> int:\n    # {a} and {b} split {m} {x}; each takes {n} first, the rest "
    "is dealt in turns of {k}, and whatever cannot be dealt stays on the table.",
    "A train leaves {a}ville at {m} minutes past noon with {n} crates of {x}; {k} crates are unloaded at {b}burg. "
    "Which share of the load reaches the terminus?",
    "Is it true that {a} sold more {x} than {b}?",
]


@pytest.fixture(scope="module")
def clean():
    """Modules of the standard library."""
    root = Path(sysconfig.get_path("stdlib"))
    files = sorted(path for path in root.rglob("*.py") if "site-packages" not in path.parts)[::4]
    return [text for path in files if (text := path.read_bytes().decode("utf-8", "ignore"))]


def _items(count, draw):
    rows = []
    for place in range(count):
        a, b = draw.sample(PEOPLE, 2)
        values = {name: draw.randrange(2, 10**4) for name in "mnk"}
        text = draw.choice(TEMPLATES).format(a=a, b=b, x=draw.choice(THINGS), **values)
        rows.append((f"bench{place % 3}", f"item{place:03d}", text))
    return pl.DataFrame(rows, schema=["benchmark", "item", "text"], orient="row")


def _disguised(text, draw):
    """As items are found in the wild: another case, other white space and marks, quoted; of longer ones a word changed
    or the end cut off."""
    ways = [
        lambda: text.upper(),
        lambda: re.sub(r"\s+", "\n    ", text),
        lambda: "> " + re.sub(r"[,.;:?]", " —", text),
        lambda: re.sub(r"\b(has|leaves|rest)\b", "once", text, count=1),
        lambda: " ".join(text.split()[: int(len(text.split()) * 0.8)]) if len(text.split()) > 12 else text,
    ]
    return draw.choice(ways)()


def _frame(texts):
    return pl.DataFrame({"doc_id": [f"d{place:04d}" for place in range(len(texts))], "text": texts})


def test_planted_items_are_found_and_clean_text_is_not(clean):
    draw = random.Random(23)
    items = _items(200, draw)
    index = build_index(items, SETTINGS)
    hosts = [text[:3000] for text in clean[:200]]
    planted = []
    for host, text in zip(hosts, items["text"], strict=True):
        place = host.find(" ", draw.randrange(len(host)))
        planted.append(f"{host[:place]}\n{_disguised(text, draw)}\n{host[place:]}")
    found = contaminated(_frame(planted), index)
    named = set(zip(found["doc_id"], found["item"], strict=True))
    hits = sum((f"d{place:04d}", item) in named for place, item in enumerate(items["item"]))
    assert hits / len(items) >= 0.95
    false = contaminated(_frame(clean), index)
    assert len(clean) > 300
    assert false["doc_id"].n_unique() / len(clean) <= 0.01


def contaminated(documents, index, min_share=MIN_SHARE):
    return shared_items(documents, index).filter(pl.col("overlap") >= min_share)


def _brute(documents, items, settings, min_share):
    """The join by Python sets of words."""

    def grams(text, length):
        words = re.findall(r"\w+", text.lower())
        return {tuple(words[place : place + length]) for place in range(len(words) - length + 1)}, len(words)

    rows = []
    for doc_id, text in documents.rows():
        for benchmark, item, asked in items.rows():
            length = min(grams(asked, 1)[1], settings.ngram)
            if length < settings.min_words:
                continue
            wanted = grams(asked, length)[0]
            share = len(wanted & grams(text, length)[0]) / len(wanted)
            if share >= min_share:
                rows.append((doc_id, benchmark, item, share, len(wanted)))
    return sorted(rows)


TEXTS = st.lists(st.sampled_from(["a", "b", "c", "d", "A,", "e\n"]), min_size=1, max_size=14).map(" ".join)


@examples(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=5), st.lists(TEXTS, max_size=4), st.integers(2, 4), st.floats(0.1, 1.0))
def test_the_join_is_that_of_plain_sets(texts, asked, ngram, min_share):
    settings = Overlap(ngram, 2)
    items = pl.DataFrame(
        [("b", f"i{place}", text) for place, text in enumerate(asked)],
        schema={"benchmark": pl.String, "item": pl.String, "text": pl.String},
        orient="row",
    )
    found = contaminated(_frame(texts), build_index(items, settings), min_share)
    assert found.rows() == _brute(_frame(texts), items, settings, min_share)


def test_a_match_names_benchmark_item_and_share():
    items = pl.DataFrame(
        {"benchmark": ["sums"], "item": ["7"], "text": ["one two three four five six seven eight nine"]}
    )
    text = "zero one two three four five six seven eight ten"
    found = contaminated(_frame([text, "nothing"]), build_index(items, SETTINGS))
    assert found.schema == MATCHES_SCHEMA
    assert found.rows() == [("d0000", "sums", "7", 0.5, 2)]


def test_short_items_are_looked_for_whole_and_shorter_ones_reported():
    texts = ["is this where six words stand", "too short to find"]
    items = pl.DataFrame({"benchmark": ["b", "b"], "item": ["six", "four"], "text": texts})
    index = build_index(items, SETTINGS)
    assert index.too_short.rows() == [("b", "four")]
    found = contaminated(_frame([f"Well: {texts[0]}! {texts[1]}", "is this where six words sit"]), index)
    assert found.rows() == [("d0000", "b", "six", 1.0, 1)]


def test_shards_and_batches_change_nothing(clean, monkeypatch):
    items = _items(40, random.Random(3))
    index = build_index(items, SETTINGS)
    documents = _frame([f"{host[:500]} {text}" for host, text in zip(clean, items["text"], strict=False)])
    whole = contaminated(documents, index)
    assert whole.height >= 40
    shards = [contaminated(documents.gather_every(3, offset), index) for offset in range(3)]
    assert pl.concat(shards).sort("doc_id", "benchmark", "item").equals(whole)
    monkeypatch.setattr("model_factory.curation.decontaminate.match.BATCH_BYTES", 900)
    assert contaminated(documents, index).equals(whole)


def test_no_items_and_no_documents_give_no_matches():
    nothing = pl.DataFrame(schema={"benchmark": pl.String, "item": pl.String, "text": pl.String})
    assert contaminated(_frame(["some text of several words"]), build_index(nothing, SETTINGS)).is_empty()
    index = build_index(_items(3, random.Random(1)), SETTINGS)
    assert contaminated(_frame([]).cast(pl.String), index).is_empty()
