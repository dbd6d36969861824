"""`factory amend` and `factory blend` against a real log book and a run that is under way."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from model_factory import ledger
from model_factory.blender.amendments import finder, log_of
from model_factory.blender.cache import token_cache
from model_factory.blender.log_file import begin, log_path, open_log, read_log
from model_factory.cards.pretrain import Pretrain
from model_factory.cli import factory
from model_factory.commands.cards_of_runs import card_of
from model_factory.ledger.locks import run_named
from model_factory.nouns import Lock, Snapshot, canonical_json
from model_factory.nouns.home import checkout
from model_factory.release.data_line import DATA_STATIONS
from tests.unit.blender.rows import sequences, written
from tests.unit.blender.test_amendments import SECTION

LOCK = Lock(
    "d" * 64, "e" * 64, "tiny", "ada", "research", 17, canonical_json({"pretrain": SECTION}), "{}", "s" * 64, {}, {},
    {}, {}, "3.11", "c" * 40, dirty=False,
)  # fmt: skip
KEY = "k" * 32


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACTORY_HOME", str(tmp_path_factory.mktemp("home")))
        yield tmp_path_factory.getbasetemp()


@pytest.fixture
def log(home: Path) -> Iterator[Path]:
    """A run whose pretraining has drawn steps 0 to 6."""
    snapshot = written(sequences(120, length=40))
    path = log_path(LOCK.run_digest, KEY)
    path.unlink(missing_ok=True)
    path.with_suffix(".begun").unlink(missing_ok=True)
    with ledger.attempt(LOCK, "pretrain", KEY, SECTION, [snapshot]):
        open_log(path, log_of(SECTION, token_cache().open(snapshot, "train"), finder(snapshot)))
        begin(path, 6)
        yield path


def asked(*arguments: str) -> Result:
    return CliRunner().invoke(factory, list(arguments))


def rows(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_an_amendment_is_in_the_log_the_log_book_and_the_runs_card(log: Path) -> None:
    before = rows(asked("amend", "newest", "--json"))
    assert [(row["from step"], row["steps drawn"]) for row in before] == [(0, 7)]
    told = rows(asked("amend", "ddd", "--blend", "web=0.25,books=0.75", "--max-epochs", "books=2", "--json"))
    assert [(row["from step"], row["steps drawn"], json.loads(row["blend"])) for row in told] == [
        (0, 7, SECTION.blend),
        (7, 0, {"web": 0.25, "books": 0.75}),
    ]
    rows(asked("amend", "newest", "--step", "20", "--blend", "web=1", "--json"))
    found = read_log(log)
    assert found is not None
    assert [entry.step for entry in found.entries] == [0, 7, 20]
    assert found.entries[2].max_epochs == {"books": 2.0}, "limits stay until others replace them"
    recorded = ledger.amendments_of(run_named("newest"))
    assert [(step, json.loads(text)["weights"]) for step, text in recorded] == [
        (7, {"web": 0.25, "books": 0.75}),
        (20, {"web": 1.0}),
    ]
    whole = replace(LOCK, sections=canonical_json(_sections()))
    assert "amendments" in card_of(whole).text
    assert "step: 20" in card_of(whole).text


def _sections() -> dict[str, Any]:
    from model_factory.cards.sections import STATIONS

    return {station: {"code": ""} for station in STATIONS} | {"pretrain": SECTION}


def test_other_rows_of_the_same_tokenizer_join_and_withdrawing_takes_all_back(log: Path) -> None:
    more: Snapshot = written(sequences(90, seed=5, length=40))
    reference = f"web={more.table}@{more.snapshot_id}"
    told = rows(asked("amend", "newest", "--snapshot", reference, "--json"))
    assert more.digest[:12] in told[1]["snapshots"]
    assert json.loads(told[1]["sequences"])["web"] == token_cache().open(more, "train").counts()["web"]
    assert asked("amend", "newest", "--withdraw").exit_code == 0
    assert ledger.amendments_of(run_named("newest")) == []
    assert asked("amend", "newest").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--step", "6", "--blend", "web=1"), "the run draws step 6 already; amend from step 7 on"),
        (("--step", "40", "--blend", "web=1"), "--step: 40 is not below pretrain.num_steps 40"),
        (("--blend", "web"), "'web' is not SOURCE=NUMBER,SOURCE=NUMBER; write web=0.7,code=0.3"),
        (("--blend", "news=1"), "'news', which has none; sources with rows: books, code, web"),
        (("--snapshot", "web"), "is not SOURCE=REFERENCE; write web=tokens.sequences@ID"),
        (("--snapshot", "web=tokens.sequences@1"), "no snapshot tokens.sequences@1"),
    ],
)
def test_what_cannot_hold_is_refused_with_the_cure_and_changes_nothing(
    log: Path, arguments: tuple[str, ...], message: str
) -> None:
    before = log.read_bytes()
    result = asked("amend", "newest", *arguments)
    assert result.exit_code == 1
    assert message in " ".join(result.output.split())
    assert log.read_bytes() == before


def test_a_run_that_trains_nothing_says_what_to_do_instead(home: Path) -> None:
    other = replace(LOCK, run_digest="f" * 64)
    with ledger.attempt(other, "tokenize", KEY, SECTION, []):
        pass
    result = asked("amend", "fff", "--blend", "web=1")
    assert result.exit_code == 1
    assert "write `pretrain.amendments` into its card instead" in " ".join(result.output.split())
    assert asked("amend", "nobody").exit_code == 1


def test_a_blend_that_is_not_made_yet_names_the_stations_that_have_to_run(home: Path) -> None:
    card = str(checkout() / "configs" / "smoke.md")
    result = asked("blend", card, "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert [row["station"] for row in told] == list(DATA_STATIONS)
    assert {row["made by run"] for row in told} == {None}
    assert f"make factory CARD={card}" in " ".join(result.stderr.split())


def test_the_section_of_the_tests_is_one_that_cards_can_ask_for() -> None:
    from pydantic import TypeAdapter

    assert TypeAdapter(Pretrain).validate_python(json.loads(canonical_json(SECTION))) == SECTION
