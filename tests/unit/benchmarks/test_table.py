"""README's figures are those of the result files, and a result file's ratios are those of its figures."""

import json
from pathlib import Path

import pytest

from benchmarks.table import BEGIN, END, HEAD, replaced, table
from model_factory.nouns.home import checkout

RESULTS = checkout() / "benchmarks" / "results"
FIELDS = {"what", "ours", "peer", "peer_version", "unit", "ratio", "at_least", "runs", "hardware", "commit"}
ROWS = [(file.stem, row) for file in sorted(RESULTS.glob("*.json")) for row in json.loads(file.read_text())]


def test_readme_shows_what_the_files_hold():
    text = (checkout() / "README.md").read_text()
    assert text == replaced(text, table(RESULTS)), "run `python benchmarks/table.py --write`"
    assert all(file.stem.startswith(("data-", "posttraining-", "training-")) for file in RESULTS.glob("*.json"))


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name}: {row['what']}"[:80] for name, row in ROWS])
def test_a_ratio_is_that_of_the_figures_beside_it(name, row):
    assert row.keys() == FIELDS
    assert len(row["commit"]) == 40
    assert row["runs"] >= 1
    if row["peer"] and row["ours"]:
        shares = sorted((row["ours"], row["peer"]))
        # Figures and ratios are rounded, small figures to four decimals.
        slack = 0.02 + 0.00005 / shares[0]
        possible = (shares[0] / shares[1], shares[1] / shares[0])
        assert any(row["ratio"] == pytest.approx(ratio, rel=slack, abs=0.05) for ratio in possible)


def _result(what: str, ratio: float, at_least: float) -> dict:
    return {
        "what": what, "ours": 2.0, "peer": 8.0, "peer_version": "peer 1|2", "unit": "CPU s", "ratio": ratio,
        "at_least": at_least, "runs": 3, "hardware": "", "commit": "0" * 40,
    }  # fmt: skip


def test_short_figures_are_called_short_and_unasked_ones_left_out(tmp_path: Path):
    rows = [_result("met", 4.0, 4.0), _result("missed", 4.0, 4.1), _result("unasked", 4.0, 0.0)]
    (tmp_path / "data-x.json").write_text(json.dumps(rows))
    assert table(tmp_path).splitlines()[2:] == [
        "| met | 2 CPU s | 8 | peer 1∣2 | 4 | 4 |  |",
        "| missed | 2 CPU s | 8 | peer 1∣2 | 4 | 4.1 | **short** |",
    ]


def test_an_edited_table_is_put_right_and_a_missing_marker_named():
    text = f"before\n{BEGIN}\n{HEAD}\n| ours | 100 times |\n{END}\nafter\n"
    assert replaced(text, "made") == f"before\n{BEGIN}\nmade\n{END}\nafter\n"
    with pytest.raises(ValueError, match="must stand in it once"):
        replaced(text.replace(END, ""), "made")
