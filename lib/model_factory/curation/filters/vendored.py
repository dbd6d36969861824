"""Other people's code copied into a project, and test code, told by the path.

`vendored_parts` and `test_parts` are names of folders or files (without ending) in the column `path`, "*"
standing for anything. Published lists: GitHub linguist's vendor.yml, The Stack's test rule (Kocetkov et al. 2022).
Bounds max_vendored_parts and max_test_parts: 0 leaves such files out, 1000 lets them in.
"""

import re
from collections.abc import Iterable

import polars as pl

from model_factory.curation.filters.batch import Batch
from model_factory.curation.filters.rule import Filter, Settings, bounded

RULES = bounded(
    "vendored", {"vendored_parts": ("at_most", "max_vendored_parts"), "test_parts": ("at_most", "max_test_parts")}
)


def parts_pattern(parts: Iterable[str]) -> str:
    """Matches a path for every folder or file name among `parts`."""
    names = "|".join(re.escape(part).replace(r"\*", "[^/]*") for part in parts)
    return rf"(?:^|/)(?:{names})(?:\.[A-Za-z0-9]+)?(?:$|\b)" if names else r"[^\s\S]"


def _measure(documents: Batch, parameters: Settings) -> pl.DataFrame:
    path = pl.col("path").fill_null("")
    return documents.select(
        path.str.count_matches(parts_pattern(parameters["vendored_parts"])).alias("vendored.vendored_parts"),
        path.str.count_matches(parts_pattern(parameters["test_parts"])).alias("vendored.test_parts"),
    )


FILTER = Filter("1", RULES, _measure, parameters=("vendored_parts", "test_parts"), columns=("path",))
