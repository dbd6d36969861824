"""Pages with too few lines of prose: C4's rules.

Raffel et al. 2020 (JMLR 21), section 2.2, and its published code. Bounds: lines count that have min_line_words 3, no
word longer than max_word_chars 1000 and a terminal mark at the end; min_sentences 5 in them; no "lorem ipsum", no "{".
What we do differently: lines are only judged, not cut out of the text. Sentences end as in spaCy's
sentencizer: at a mark that no abbreviation claims, where after white space something other than marks follows.
"""

import numpy as np
import polars as pl

from model_factory.curation.filters.batch import Batch
from model_factory.curation.filters.flat import Flat
from model_factory.curation.filters.rule import Filter, Rule, Settings, bounded

RULES = (
    *bounded("c4", {"sentences": ("at_least", "min_sentences")}),
    Rule("c4.lorem_ipsum", "at_most", 0.0),
    Rule("c4.curly_bracket", "at_most", 0.0),
)
CITATIONS = r"(?:\[\d*\]|\[edit\]|\[citation needed\])+$"
POLICY = ["terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"]
_NEXT = r"[\p{P}--\.]*\s[\p{P}\s]*[^\p{P}\s]"
SENTENCE_BREAK = rf"(?:(?:[^\s.\p{{Lu}}]|\p{{Lu}}\p{{Lu}})\.|[!?]){_NEXT}"
ABBREVIATION = rf"\b(?:[a-z]|e\.g|i\.e|[ap]\.m|vs|Mrs?|Ms|Dr|St|Jr|Prof|Inc|Ltd|Corp|[cC]o|Ph\.D)\.{_NEXT}"


def _measure(documents: Batch, parameters: Settings) -> pl.DataFrame:
    lines = _prose_lines(documents.lines, parameters)
    line, lower = pl.col("line"), pl.col("line").str.to_lowercase()
    judged = lines.with_columns(
        lorem=lower.str.contains("lorem ipsum", literal=True),
        script=lower.str.contains("javascript", literal=True),
        curly=line.str.contains("{", literal=True),
        policy=lower.str.contains_any(POLICY),
    ).with_columns(sentences=_num_sentences())
    stays = ~pl.col("script") & ~pl.col("policy") & ~pl.col("lorem") & ~pl.col("curly")
    per_document = judged.group_by("document").agg(
        pl.col("sentences").filter(stays).sum(),
        pl.col("lorem").sum(),
        (pl.col("curly") & ~pl.col("script") & ~pl.col("lorem")).sum(),
    )
    places = per_document["document"].to_numpy()
    values = [
        _spread(per_document[name].to_numpy(), places, len(documents)) for name in ("sentences", "lorem", "curly")
    ]
    return pl.DataFrame({rule.name: value for rule, value in zip(RULES, values, strict=True)})


def _prose_lines(lines: Flat, parameters: Settings) -> pl.DataFrame:
    """The lines that end like a sentence and are of enough and no endless words, with their document."""
    ended = pl.col("bare").str.contains(r"""[.?!"']$""") & ~pl.col("bare").str.ends_with("...")
    prose = (
        pl.DataFrame({"line": lines.items.str.strip_chars(), "document": lines.document_T})
        .filter(pl.col("line").str.contains(r"""[.?!"'\]]$"""))
        .with_columns(bare=pl.col("line").str.replace(CITATIONS, ""))
        .filter(ended, pl.col("line").str.count_matches(r"\S+") >= int(parameters["min_line_words"]))
    )
    longest = int(parameters["max_word_chars"])
    long = prose.with_row_index("place").filter(pl.col("line").str.len_chars() > longest)
    word_chars = pl.element().str.len_chars()
    endless = long.filter(pl.col("line").str.extract_all(r"\S+").list.eval(word_chars).list.max() > longest)
    return prose.with_row_index("place").join(endless, on="place", how="anti", maintain_order="left")


def _num_sentences() -> pl.Expr:
    line = pl.col("line")
    return 1 + line.str.count_matches(SENTENCE_BREAK).cast(pl.Int64) - line.str.count_matches(ABBREVIATION)


def _spread(numbers: np.ndarray, places: np.ndarray, num_documents: int) -> np.ndarray:
    full = np.zeros(num_documents)
    full[places] = numbers
    return full


FILTER = Filter("1", RULES, _measure, parameters=("min_line_words", "max_word_chars"), language="text")
