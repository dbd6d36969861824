from pathlib import Path

import pytest

from model_factory.blender import Entry, Supply, amended, constant
from model_factory.blender.log_file import amend, open_log

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
