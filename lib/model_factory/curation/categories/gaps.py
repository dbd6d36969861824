"""Of which language, source and category there is less than there should be."""

from collections.abc import Mapping

import polars as pl

from model_factory.cards.errors import CardError
from model_factory.curation.registry import suggest

GAPS = pl.Schema(
    {
        **dict.fromkeys(("language", "source"), pl.String),
        "coarse": pl.Int64,
        "category": pl.String,
        "documents": pl.Int64,
        **dict.fromkeys(("share", "reference"), pl.Float64),
        "missing": pl.Int64,
    }
)
DIGITS = 9


def gaps(rows: pl.DataFrame, references: Mapping[str, Mapping[str, float]], tolerance: float) -> pl.DataFrame:
    """Rows of GAPS: every pair of language and source that the reference asks for, by category.

    `rows` has language, source, coarse and category of every document. The reference of a pair, taken from
    `references` or equal for all pairs that occur, is divided equally among the categories that its language
    has anywhere: a subject that one source knows and another of the same language lacks is a gap there.
    `missing` is how many documents of the present total a cell lacks; 0 within `tolerance` of the reference.
    """
    pairs = _pairs(rows, references)
    subjects = rows.select("language", "coarse", "category").unique()
    cells = pairs.join(subjects, on="language").with_columns(
        reference=pl.col("wanted") / pl.len().over("language", "source")
    )
    counts = rows.group_by("language", "source", "coarse").agg(documents=pl.len().cast(pl.Int64))
    found = cells.join(counts, on=["language", "source", "coarse"], how="left").with_columns(
        pl.col("documents").fill_null(0)
    )
    # Rounded, so that a tenth of thirty is three and not a last bit more.
    lacking = (pl.col("reference") * len(rows) - pl.col("documents")).round(DIGITS)
    short = pl.col("documents") < pl.col("reference") * len(rows) * (1 - tolerance)
    return (
        found.with_columns(
            share=(pl.col("documents") / len(rows)).round(DIGITS),
            missing=pl.when(short).then(lacking.ceil()).otherwise(0).cast(pl.Int64),
        )
        .with_columns(pl.col("reference").round(DIGITS))
        .sort("language", "source", "coarse")
        .select(GAPS.names())
        .cast(GAPS)
    )


def _pairs(rows: pl.DataFrame, references: Mapping[str, Mapping[str, float]]) -> pl.DataFrame:
    """language, source, wanted (adds up to 1)."""
    held = rows.select("language", "source").unique()
    for language in references:
        if language not in held["language"]:
            cure = suggest(language, held["language"].unique())
            raise CardError(f"categories.references.{language}: no document is in that language; {cure}")
    asked = [(language, *pair) for language, shares in references.items() for pair in shares.items()]
    if not asked:
        return held.with_columns(wanted=pl.lit(1.0) / len(held))
    schema = {"language": pl.String, "source": pl.String, "wanted": pl.Float64}
    return pl.DataFrame(asked, schema=schema, orient="row").with_columns(pl.col("wanted") / pl.col("wanted").sum())
