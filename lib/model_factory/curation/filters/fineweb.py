"""Pages that are lists, menus and fragments: FineWeb's own rules.

Penedo et al. 2024 (arXiv 2406.17557), section 3.4; published bounds: min_terminal_line_fraction 0.12,
short_line_chars 30 with max_short_line_fraction 0.67, max_duplicate_line_char_fraction 0.01, and as datatrove adds
max_line_breaks_per_word 0.3. Blank lines don't count.
What we do differently: a line's last character is terminal when Unicode calls it Sentence_Terminal, which is
datatrove's list but for 17 rare signs; words are the batch's.
"""

import polars as pl

from model_factory.curation.filters.batch import Batch
from model_factory.curation.filters.flat import fraction
from model_factory.curation.filters.repeats import repeated_items_and_chars
from model_factory.curation.filters.rule import Filter, Rule, Settings, bounded

RULES = (
    Rule("fineweb.num_lines", "at_least", 1.0),
    *bounded(
        "fineweb",
        {
            "terminal_lines": ("at_least", "min_terminal_line_fraction"),
            "short_lines": ("at_most", "max_short_line_fraction"),
            "duplicate_line_chars": ("at_most", "max_duplicate_line_char_fraction"),
            "line_breaks": ("at_most", "max_line_breaks_per_word"),
        },
    ),
)
TERMINAL = r"\p{Sentence_Terminal}$"


def _measure(documents: Batch, parameters: Settings) -> pl.DataFrame:
    lines = documents.lines.where((documents.lines.items.str.strip_chars() != "").to_numpy())
    _, repeated_chars = repeated_items_and_chars(lines)
    terminal = lines.items.str.contains(TERMINAL).to_numpy()
    short = (lines.items.str.len_chars() <= int(parameters["short_line_chars"])).to_numpy()
    breaks = documents["text"].str.count_matches("\n", literal=True).to_numpy()
    num_chars = documents["text"].str.len_chars().to_numpy() - breaks
    values = [
        lines.lengths_D,
        fraction(lines.sums_D(terminal), lines.lengths_D),
        fraction(lines.sums_D(short), lines.lengths_D),
        fraction(repeated_chars, num_chars),
        fraction(breaks, documents.words.lengths_D),
    ]
    return pl.DataFrame({rule.name: value for rule, value in zip(RULES, values, strict=True)})


FILTER = Filter("1", RULES, _measure, parameters=("short_line_chars",), language="text")
