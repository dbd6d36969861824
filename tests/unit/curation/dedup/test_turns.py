"""Property: documents that come in turns end in the pairs, components and choice of all of them at once."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from model_factory.cards.deduplicate import NearDuplicates
from model_factory.curation.dedup.choose import choose
from model_factory.curation.dedup.find import NOTHING, ORDER, find

# As many bands as find every pair of such short texts.
SETTINGS = NearDuplicates(ngram=1, num_bands=64, band_rows=1, threshold=0.6)
WORDS = st.lists(st.sampled_from("abcdefg"), max_size=6)
TEXTS = st.lists(st.tuples(WORDS, st.sampled_from([" ", "  ", "\n"])), min_size=1, max_size=14)


def _documents(texts):
    joined = [space.join(words) for words, space in texts]
    ids = [f"d{place:02}" for place in range(len(joined))]
    paths = [f"{len(text) * 7 % 5}-{place:02}" for place, text in enumerate(joined)]
    return pl.DataFrame(
        {"doc_id": ids, "source": "s", "path": paths, "text": joined}, schema_overrides={"text": pl.String}
    )


def _components(pairs, documents):
    """The documents that a document hangs together with, by repeated merging."""
    members = {name: {name} for name in documents}
    for left, right in pairs.select("doc_id", "other_doc_id").iter_rows():
        merged = members[left] | members[right]
        members.update(dict.fromkeys(merged, merged))
    return {frozenset(found) for found in members.values()}


def _true_pairs(documents):
    sets = [(doc_id, set(text.split())) for doc_id, text in documents.select("doc_id", "text").iter_rows()]
    return [
        (left, right)
        for place, (left, ours) in enumerate(sets)
        for right, theirs in sets[:place]
        if ours and theirs and len(ours & theirs) >= SETTINGS.threshold * len(ours | theirs)
    ]


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.randoms(use_true_random=False), st.integers(1, 4))
def test_turns_do_not_matter(texts, draw, num_turns):
    documents = _documents(texts)
    turn = pl.Series([draw.randrange(num_turns) for _ in texts])
    known = NOTHING
    for last in range(num_turns):
        held = documents.filter(turn <= last)
        known = find(held.sample(fraction=1.0, shuffle=True, seed=last), SETTINGS, 17, known)
    at_once = find(documents, SETTINGS, 17)
    assert known.pairs.equals(at_once.pairs)
    assert known.compared.equals(at_once.compared)
    assert known.normals.equals(at_once.normals)
    order = documents.sort(*ORDER)["doc_id"]
    assert choose(known.pairs, order).equals(choose(at_once.pairs, order))


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_components_are_those_of_all_true_pairs(texts):
    documents = _documents(texts)
    found = find(documents, SETTINGS, 17).pairs
    schema = pl.Schema({"doc_id": pl.String, "other_doc_id": pl.String})
    wanted = pl.DataFrame(_true_pairs(documents), schema=schema, orient="row")
    blank = documents.filter(pl.col("text").str.strip_chars() == "")["doc_id"].to_list()
    equal = pl.DataFrame([(name, blank[0]) for name in blank[1:]], schema=schema, orient="row")
    edges = pl.concat([wanted, equal])
    assert _components(found, documents["doc_id"]) == _components(edges, documents["doc_id"])
