"""Pages from hosts and with words in the address that nobody wants: the user's own lists.

After RefinedWeb (Penedo et al. 2023, arXiv 2306.01116, appendix G.1). `lists_file` is a text file of lines
`kind entry`, kind one of
`host` (the host and all below it), `url`, `word` (a word of the address), `soft_word` (suspicious only in numbers:
max_soft_words 1) and `part` (anywhere in the address, marks left out); `#` begins a comment. No list comes with the
factory. A document without a url passes.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import polars as pl

from model_factory.cards.errors import CardError
from model_factory.curation.filters.batch import Batch
from model_factory.curation.filters.rule import Filter, Rule, Settings, bounded
from model_factory.curation.registry import suggest
from model_factory.nouns.home import checkout

KINDS = ("host", "url", "word", "soft_word", "part")
RULES = (
    *(Rule(f"url.{kind}s", "at_most", 0.0) for kind in KINDS if kind != "soft_word"),
    *bounded("url", {"soft_words": ("at_most", "max_soft_words")}),
)
HOST = r"^(?:[A-Za-z][\w+.-]*:)?(?://)?(?:[^/@?#]*@)?([^/:?#]+)"


def read_lists(location: Path) -> dict[str, list[str]]:
    """The entries of each kind, in lower case; CardError for a line of an unknown kind."""
    lists: dict[str, list[str]] = defaultdict(list)
    for number, line in enumerate(location.read_text("utf-8").splitlines(), 1):
        kind, _, entry = line.partition("#")[0].strip().partition(" ")
        if kind and kind not in KINDS:
            raise CardError(f"{location.name}:{number}: {kind!r} is no kind of entry; {suggest(kind, KINDS)}")
        if entry.strip():
            lists[kind].append(entry.strip().lower())
    return lists


@lru_cache(maxsize=4)
def _lists(location: Path, changed_ns: int) -> dict[str, list[str]]:
    return read_lists(location)


def _measure(documents: Batch, parameters: Settings) -> pl.DataFrame:
    location = Path(checkout(), parameters["lists_file"])
    lists = _lists(location, location.stat().st_mtime_ns)
    urls = documents.select(url=pl.col("url").fill_null("").str.to_lowercase())
    host = pl.col("url").str.extract(HOST).fill_null("")
    words = pl.col("url").str.extract_all(r"[a-z0-9]+").list.unique()
    measured = {
        "url.hosts": host.map_elements(lambda name: _listed(name, frozenset(lists["host"])), pl.Float64),
        "url.urls": pl.col("url").str.strip_chars_end("/").is_in([url.rstrip("/") for url in lists["url"]]),
        "url.words": words.list.set_intersection(lists["word"]).list.len(),
        "url.parts": pl.col("url").str.replace_all("[^a-z0-9]+", "").str.contains_any(lists["part"]),
        "url.soft_words": words.list.set_intersection(lists["soft_word"]).list.len(),
    }
    return urls.select(value.cast(pl.Float64).alias(rule) for rule, value in measured.items())


def _listed(host: str, hosts: frozenset[str]) -> float:
    return float(any(name in hosts for name in _upwards(host)))


def _upwards(host: str) -> Iterator[str]:
    """ "a.b.c", "b.c", "c"."""
    yield host
    for dot in re.finditer(r"\.", host):
        yield host[dot.end() :]


FILTER = Filter("1", RULES, _measure, parameters=("lists_file",), columns=("url",))
