"""A card's amendments and a run's are one thing; what cannot be drawn from is refused before a run meets it."""

from dataclasses import replace

import pyarrow as pa
import pytest

from model_factory import lake
from model_factory.blender import Order, amended
from model_factory.blender.amendments import amendment_of, entry_of, finder, held_by, log_of, section_with
from model_factory.blender.cache import Cache
from model_factory.blender.drawn import draws, training_ids
from model_factory.blender.log import decode, encode
from model_factory.cards.errors import CardError
from model_factory.cards.pretrain import Amendment, Model, Pretrain
from model_factory.cards.training import Optimizer, Parallel, Schedule
from model_factory.nouns import Lineage, Parent, Snapshot, station_key
from tests.unit.blender.rows import more, sequences

SECTION = Pretrain(
    seed=3, code="v", mesh=Parallel(1, 1), model=Model(1, 8, 1, 1, 8, 1e4, 1e-5, True),
    blend={"web": 1.0, "code": 1.0}, interleave="even", max_epochs={}, amendments=[], num_steps=40, batch_size=6,
    optimizer=Optimizer(1e-3, 0.9, 0.95, 1e-8, 0.1, 1.0), schedule=Schedule("constant", 0, 0.0, 1.0),
    eval_every=10, checkpoint_every=10,
)  # fmt: skip


def written(rows: pa.Table, tokenizer: str = "a" * 64) -> Snapshot:
    parents = [Parent("Tokenizer", "tokenizer", tokenizer, "")]
    return lake.write("tokens.sequences", rows, Lineage("run", "tokenize", "code", "commit", "image", parents))


@pytest.fixture
def old(cache: Cache) -> Snapshot:
    return written(sequences(120, length=40))


@pytest.fixture
def new(old: Snapshot) -> Snapshot:
    return written(pa.concat_tables([sequences(120, length=40), more(120, 60)]))


def test_a_cards_amendments_are_the_ones_that_a_run_is_given(cache: Cache, old: Snapshot, new: Snapshot) -> None:
    training, find = cache.open(old, "train"), finder(old)
    wanted = [
        Amendment(5, {"web": 1.0, "code": 3.0}, {"code": 2.0}),
        Amendment(9, {"web": 1.0, "books": 1.0, "code": 0.5}, {}, {"web": new.digest, "books": new.digest}),
    ]
    card = replace(SECTION, amendments=wanted)
    log = log_of(SECTION, training, find)
    for one in wanted:
        log = amended(log, entry_of(log, one, find))
    assert log == log_of(card, training, find) == decode(encode(log).splitlines())
    supplies = log.entries[-1].supplies
    assert supplies["web"].continues
    assert supplies["books"].continues, "the source was there without a share, and its rows go on"
    assert supplies["code"].snapshot == old.digest
    # The run that was amended and the card that asks for it are one recipe, and so is one amended half way.
    for part in (SECTION, replace(SECTION, amendments=wanted[:1])):
        assert station_key("pretrain", section_with(part, log)) == station_key("pretrain", card)
    assert amendment_of(log.entries[1], log.entries[2]) == wanted[1]
    assert held_by(log, find).keys() == {old.digest, new.digest}


def test_the_steps_that_drew_a_row_are_told_by_the_log(cache: Cache, old: Snapshot, new: Snapshot) -> None:
    find = finder(old)
    amendment = Amendment(9, {"web": 1.0}, {}, {"web": new.digest})
    log = log_of(replace(SECTION, amendments=[amendment]), cache.open(old, "train"), find)
    ids = {one.digest: training_ids(one) for one in (old, new)}
    order, expected = Order(log), set()
    for step in range(40):
        draw = order.step(step)
        for (source, index), code in zip(draw.pairs(), draw.codes_B, strict=True):
            digest = draw.supplies[code].snapshot
            expected.add((step, digest, find(digest).ids[find(digest).sources[source][index]]))
    wanted = {(one.digest, name) for one in (old, new) for name in training_ids(one)["web"][3:6]}
    told = list(draws(log, 40, ids, wanted))
    assert set(told) == {one for one in expected if one[1:] in wanted}
    assert {digest for _, digest, _ in told} == {old.digest, new.digest}
    assert list(draws(log, 40, ids, set())) == []


def test_what_a_source_cannot_come_from_is_refused(cache: Cache, old: Snapshot) -> None:
    find, log = finder(old), log_of(SECTION, cache.open(old, "train"), finder(old))
    other = written(sequences(90, seed=5), tokenizer="b" * 64)
    longer = written(sequences(30, length=64))
    elsewhere = lake.write("curated.documents", pa.table({"doc_id": ["a"]}), Lineage("r", "curate", "", "", ""))

    def asked(source: str, snapshot: Snapshot) -> None:
        entry_of(log, Amendment(4, {"web": 1.0}, {}, {source: snapshot.digest}), find)

    with pytest.raises(CardError, match=r"made with tokenizer b{12}, the run's is a{12}.*the run's tokenizer"):
        asked("web", other)
    with pytest.raises(CardError, match=r"sequences of 64 tokens, the model's context is 40; pack its documents"):
        asked("web", longer)
    with pytest.raises(CardError, match=r"snapshots\.news: .* has no rows of 'news'; it has: books, code, web"):
        asked("news", old)
    with pytest.raises(CardError, match=r"is a snapshot of curated\.documents, a blend is of tokens\.sequences"):
        asked("web", elsewhere)
