"""README's table of figures, made from `benchmarks/results/*.json`.

    python benchmarks/table.py            is README's table what the files give?
    python benchmarks/table.py --write    put it there

Shown is what something was asked of (`at_least` above 0); the files hold all that was measured.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
BEGIN, END = "<!-- table of benchmarks/results, by benchmarks/table.py -->", "<!-- end of table -->"
HEAD = "| what | ours | peer | | ratio | asked | |\n|---|---|---|---|---|---|---|"


def table(results: Path) -> str:
    """The Markdown table of every result file, in the order of their names."""
    rows = [_line(row) for file in sorted(results.glob("*.json")) for row in json.loads(file.read_text())]
    return "\n".join([HEAD, *filter(None, rows)])


def _line(row: dict[str, Any]) -> str:
    if not row["at_least"]:
        return ""
    peer = f"{row['peer']:.4g}" if row["peer"] is not None else ""
    outcome = "" if row["ratio"] >= row["at_least"] else "**short**"
    cells = (
        row["what"],
        f"{row['ours']:.4g} {row['unit']}",
        peer,
        row["peer_version"],
        f"{row['ratio']:.4g}",
        f"{row['at_least']:g}",
        outcome,
    )
    return f"| {' | '.join(cell.replace('|', '∣') for cell in cells)} |"


def replaced(text: str, made: str) -> str:
    """README's text with `made` between the markers. ValueError where it has not both of them, once."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end) or BEGIN in after or END in after:
        raise ValueError(f"README.md: {BEGIN} and {END} must stand in it once, in this order; put them back")
    return f"{before}{BEGIN}\n{made}\n{END}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    text = README.read_text()
    wanted = replaced(text, table(HERE / "results"))
    if parser.parse_args().write:
        README.write_text(wanted)
    elif text != wanted:
        sys.exit("README.md: its table is not what benchmarks/results hold; run `python benchmarks/table.py --write`")


if __name__ == "__main__":
    main()
