import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from model_factory.curation.dedup.choose import choose
from model_factory.curation.dedup.find import PAIRS_SCHEMA

NAMES = [f"d{place}" for place in range(10)]
PAIRS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(["exact", "url", "near"])).filter(
        lambda pair: pair[0] != pair[1]
    ),
    max_size=15,
)


def _frame(pairs):
    rows = [
        (left, right, kind, 1.0 if kind != "near" else 0.8 + len(left + right) / 100) for left, right, kind in pairs
    ]
    return pl.DataFrame(rows, schema=PAIRS_SCHEMA, orient="row")


def _connected(pairs, kind):
    """The class of every document, by repeated merging."""
    classes = {name: {name} for name in NAMES}
    for left, right, kind_of_pair in pairs:
        if kind_of_pair == kind:
            merged = classes[left] | classes[right]
            classes.update(dict.fromkeys(merged, merged))
    return classes


@given(PAIRS, st.permutations(NAMES), st.sets(st.sampled_from(NAMES)))
def test_each_left_out_has_a_kept_partner_and_no_two_kept_are_partners(pairs, order, absent):
    documents = [name for name in order if name not in absent]
    left_out = choose(_frame(pairs), pl.Series(documents, dtype=pl.String))
    kept = set(documents) - set(left_out["doc_id"])
    texts, urls = _connected(pairs, "exact"), _connected(pairs, "url")
    near = {(left, right) for left, right, kind in pairs if kind == "near"}

    def related(left, right, kind):
        if kind == "near":
            sides = {(one, two) for one in texts[left] for two in texts[right]}
            return bool(sides & near or {(two, one) for one, two in sides} & near)
        return right in (texts if kind == "exact" else urls)[left]

    for document, partner, kind, _ in left_out.iter_rows():
        assert document not in kept
        assert partner in kept
        assert documents.index(partner) < documents.index(document)
        assert related(document, partner, kind)
    for left in kept:
        assert not any(related(left, right, kind) for right in kept - {left} for kind in ("exact", "url", "near"))


@given(PAIRS, st.permutations(NAMES), st.randoms(use_true_random=False))
def test_order_and_orientation_of_the_pairs_do_not_matter(pairs, order, draw):
    turned = [(right, left, kind) if draw.random() < 0.5 else (left, right, kind) for left, right, kind in pairs]
    draw.shuffle(turned)
    documents = pl.Series(order)
    assert choose(_frame(pairs), documents).equals(choose(_frame(turned), documents))


def test_a_copy_stays_when_what_it_equals_was_filtered_out():
    pairs = _frame([("d1", "d0", "exact"), ("d2", "d0", "exact"), ("d3", "d0", "near")])
    assert choose(pairs, pl.Series(["d1"])).is_empty()
    # d1 and d2 are equal though only their pairs with d0 are known, and d3 is near to all of them.
    found = choose(pairs, pl.Series(["d1", "d2", "d3"])).select("doc_id", "kept_doc_id", "kind").rows()
    assert found == [("d2", "d1", "exact"), ("d3", "d1", "near")]


def test_the_most_similar_kept_document_is_named():
    rows = [("d2", "d0", "near", 0.81), ("d2", "d1", "near", 0.93)]
    pairs = pl.DataFrame(rows, schema=PAIRS_SCHEMA, orient="row")
    assert choose(pairs, pl.Series(["d0", "d1", "d2"])).rows() == [("d2", "d1", "near", 0.93)]
