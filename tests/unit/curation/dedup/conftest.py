"""Real texts to plant duplicates among: modules of the standard library."""

import sysconfig
from pathlib import Path

import polars as pl
import pytest


@pytest.fixture(scope="session")
def stdlib() -> pl.DataFrame:
    root = Path(sysconfig.get_path("stdlib"))
    files = sorted(path for path in root.rglob("*.py") if "site-packages" not in path.parts)
    rows = [(path.relative_to(root).as_posix(), path.read_bytes().decode("utf-8", "ignore")) for path in files]
    return pl.DataFrame(rows, schema=["path", "text"], orient="row").filter(pl.col("text") != "")
