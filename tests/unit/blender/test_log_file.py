from pathlib import Path

import pytest

from model_factory.blender import Entry, Supply, amended, constant
from model_factory.blender.log_file import NONE, amend, begin, begun, open_log, read_log, withdraw
from model_factory.cards.errors import CardError

ROWS = {"web": Supply("a", 40)}
OPENING = constant(3, "even", {"web": 0.25}, 8, ROWS)


def test_amendments_stay_and_the_card_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "blend" / "log.jsonl"
    assert open_log(path, OPENING) == OPENING
    expected = OPENING
    for step in (4, 9):
        entry = Entry(step, 8, {"web": float(step)}, ROWS)
        expected = amended(expected, entry)
        assert amend(path, entry) == expected
    assert open_log(path, OPENING) == expected
    assert len(path.read_text().splitlines()) == 4


def test_a_log_cut_off_anywhere_is_one_of_its_earlier_states(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    open_log(path, OPENING)
    entry = Entry(4, 8, {"web": 2.0}, ROWS)
    whole = amend(path, entry)
    content = path.read_bytes()
    for length in range(len(content) + 1):
        path.write_bytes(content[:length])
        assert open_log(path, OPENING) in (OPENING, whole)
        path.write_bytes(content[:length])
        open_log(path, OPENING)
        if open_log(path, OPENING) == OPENING:
            assert amend(path, entry) == whole == open_log(path, OPENING)


def test_another_runs_log_is_refused(tmp_path: Path) -> None:
    open_log(tmp_path / "log.jsonl", OPENING)
    with pytest.raises(ValueError, match=r"opens with seed 3, even, .*this run with seed 4.*a log of its own"):
        open_log(tmp_path / "log.jsonl", constant(4, "even", {"web": 0.25}, 8, ROWS))


def test_a_step_that_has_begun_cannot_be_amended_and_the_next_one_can(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    assert read_log(path) is None
    open_log(path, OPENING)
    assert begun(path) == NONE
    assert begin(path, 6) == OPENING
    # A run that was killed and went back draws old steps again; they stay settled.
    begin(path, 2)
    assert begun(path) == 6
    with pytest.raises(CardError, match=r"amendment at step 6: the run draws step 6 already; amend from step 7 on"):
        amend(path, Entry(6, 8, {"web": 1.0}, ROWS))
    soonest = amend(path, Entry(0, 8, {"web": 1.0}, ROWS), soonest=True)
    assert soonest.entries[-1].step == 7
    assert begin(path, 7) == soonest == read_log(path)
    assert amend(path, Entry(0, 8, {"web": 2.0}, ROWS), soonest=True).entries[-1].step == 8
    with pytest.raises(CardError, match=r"step 20: the run ends with step 19 and draws step 7; write `pretrain"):
        amend(path, Entry(20, 8, {"web": 1.0}, ROWS), before=20)
    withdraw(path)
    assert (read_log(path), begun(path)) == (None, NONE)


def test_a_log_that_opens_with_the_cards_own_amendments_is_taken_up_where_it_was_cut(tmp_path: Path) -> None:
    path, opening = tmp_path / "log.jsonl", amended(OPENING, Entry(4, 8, {"web": 2.0}, ROWS))
    open_log(path, OPENING)
    assert open_log(path, opening) == opening == read_log(path)
    later = amend(path, Entry(9, 8, {"web": 3.0}, ROWS))
    assert open_log(path, opening) == later
    with pytest.raises(ValueError, match="a log of its own"):
        open_log(path, constant(4, "even", {"web": 0.25}, 8, ROWS))
