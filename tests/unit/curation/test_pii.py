import random
from collections import Counter
from importlib import util
from pathlib import Path

import polars as pl
import pytest

from model_factory.cards.errors import CardError
from model_factory.curation.pii import FINDING_SCHEMA, redact
from model_factory.curation.pii.iban import mod97
from model_factory.curation.pii.payment_card import luhn
from model_factory.curation.pii.registry import DETECTORS

_spec = util.spec_from_file_location("pii_samples", Path(__file__).with_name("pii_samples.py"))
assert _spec is not None
assert _spec.loader is not None
samples = util.module_from_spec(_spec)
_spec.loader.exec_module(samples)

ALL = {name: {"min_entropy_bits": 3.0} if name == "api_key" else {} for name in DETECTORS}
HALVES = {"tuning": 1, "heldout": 2}
NUM_EACH = 40


def _documents(texts):
    texts = list(texts)
    return pl.DataFrame(
        {"doc_id": [str(place) for place in range(len(texts))], "text": texts},
        schema={"doc_id": pl.String, "text": pl.String},
    )


def _planted(name, half):
    make, *templates = samples.PLANTED[name]
    rng = random.Random(f"{name} {half}")
    return [(template, make(rng)) for template in templates[HALVES[half] - 1] for _ in range(NUM_EACH)]


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("name", samples.PLANTED)
def test_what_is_planted_is_gone_and_named_by_its_kind(name, half):
    planted = _planted(name, half)
    made = redact(_documents(template.format(value) for template, value in planted), ALL)
    detector = name.split()[0]
    right = made.findings.filter(detector=detector)["doc_id"].n_unique()
    left = [value for (_, value), text in zip(planted, made.documents["text"], strict=True) if value in text]
    assert right / len(planted) >= 0.95, left[:5]
    assert len(left) / len(planted) <= 0.05


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("name", samples.LOOKALIKES)
def test_lookalikes_and_documented_exceptions_stay(name, half):
    texts = samples.LOOKALIKES[name][HALVES[half] - 1]
    assert redact(_documents(texts), ALL).documents["text"].to_list() == texts


def test_hardly_any_module_of_the_standard_library_is_touched_but_for_its_authors_addresses(stdlib):
    others = {name: parameters for name, parameters in ALL.items() if name != "email"}
    made = redact(stdlib, others)
    # test_ipaddress and the tests of mail, sockets and URLs hold public addresses: right, but not clean.
    assert made.findings["doc_id"].n_unique() <= 0.01 * len(stdlib)
    untouched = ~pl.col("doc_id").is_in(made.findings["doc_id"].to_list())
    assert made.documents.filter(untouched).equals(stdlib.filter(untouched))


def test_addresses_found_in_the_standard_library_are_addresses(stdlib):
    """Where a mail address is left in plain sight, an independent look at its neighbourhood agrees."""
    clean = stdlib.filter(~pl.col("text").str.contains(r"[\w.+-]+@[\w-]+\.[a-z]{2,}\b"))
    assert len(clean) > 1000
    assert redact(clean, {"email": {}}).findings.is_empty()
    matrices = stdlib.filter(pl.col("path").str.contains("decorators|test_operator|test_grammar"))
    assert redact(matrices, {"email": {}}).findings.is_empty()


def test_every_occurrence_is_counted_and_nothing_else_changes():
    text = "a@b.com, c@d.org; call +44 20 7912 3456 or a@b.com. Card 4242 4242 4242 4242."
    documents = _documents(["nothing here", text])
    before = documents.clone()
    made = redact(documents, ALL)
    assert documents.equals(before)
    assert made.documents["text"].to_list() == [
        "nothing here",
        "<EMAIL>, <EMAIL>; call <PHONE> or <EMAIL>. Card <CARD>.",
    ]
    assert made.findings.schema == FINDING_SCHEMA
    assert Counter(dict(made.findings.select("detector", "count").iter_rows())) == {
        "email": 3,
        "phone": 1,
        "payment_card": 1,
    }
    assert set(made.findings["doc_id"]) == {"1"}
    again = redact(made.documents, ALL)
    assert again.findings.is_empty()


def test_only_the_detectors_that_the_card_names_are_applied():
    made = redact(_documents(["a@b.com from 81.2.69.142"]), {"ipv4": {}})
    assert made.documents["text"].to_list() == ["a@b.com from <IPV4>"]


def test_a_key_inside_of_a_key_is_one_key():
    block = samples.PLANTED["private_key"][0](random.Random(1))
    made = redact(_documents([block.replace("\n", "\nAKIAQ4XYZ7ABCDEFGH23\n", 1)]), ALL)
    assert made.documents["text"].to_list() == ["<PRIVATE_KEY>"]


def test_checksums_against_published_numbers_and_every_slip_of_a_digit():
    assert all(map(luhn, ["79927398713", "4111111111111111", "378282246310005"]))
    assert all(map(mod97, ["GB82WEST12345698765432", "DE89370400440532013000", "NO9386011117947"]))
    for place in range(16):
        wrong = list("4111111111111111")
        wrong[place] = str((int(wrong[place]) + 1) % 10)
        assert not luhn("".join(wrong))
    for place in range(4, 22):
        wrong = list("DE89370400440532013000")
        wrong[place] = str((int(wrong[place]) + 1) % 10)
        assert not mod97("".join(wrong))


def test_entropy_is_the_cards_to_set():
    document = _documents(["api_key = 'aaaaaaaa11111111aaaabbbb'"])
    assert redact(document, {"api_key": {"min_entropy_bits": 3.0}}).findings.is_empty()
    assert redact(document, {"api_key": {"min_entropy_bits": 1.0}}).findings["count"].to_list() == [1]


@pytest.mark.parametrize(
    ("detectors", "message"),
    [
        ({"emial": {}}, r"clean\.redact: 'emial'.*did you mean 'email'"),
        ({"api_key": {}}, r"clean\.redact\.api_key\.min_entropy_bits: missing"),
        ({"phone": {"x": 1}}, r"clean\.redact\.phone\.x: no such parameter"),
    ],
)
def test_a_detector_named_wrongly_says_what_there_is(detectors, message):
    with pytest.raises(CardError, match=message):
        redact(_documents(["x"]), detectors)
