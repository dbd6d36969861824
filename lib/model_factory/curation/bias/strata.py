"""Sources divided by the group that their documents speak of most, so that the blend can weigh each part.

A stratum is a source to the blend: `web+women` beside `web`. Its documents come in the order, without repetition
and within the limits that hold for any source; copying documents instead would hide repeats from all of that.
"""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from model_factory import lake
from model_factory.cards.pretrain import Amendment, Pretrain
from model_factory.curation.bias.odds import DIGITS
from model_factory.curation.bias.representation import leads
from model_factory.nouns import Snapshot

STRATA = "bias.strata"
# Source → stratum → its part of the source's share.
Parts = Mapping[str, Mapping[str, float]]


def strata(documents: pl.DataFrame, spoken: pl.DataFrame, groups: pl.DataFrame, axis: str) -> pl.DataFrame:
    """doc_id, source (the stratum's name), of (the source it is part of), factor: a row per document (doc_id, source).

    Groups whose factor is 1 in a source stay in the source itself, and so does what speaks of none.
    """
    weighed = groups.filter((pl.col("axis") == axis) & (pl.col("factor") != 1.0)).select("source", "group", "factor")
    led = leads(spoken).filter(pl.col("axis") == axis).select("doc_id", "source", "group")
    known = led.join(weighed, on=["source", "group"]).select("doc_id", "group", "factor")
    rows = documents.select("doc_id", of="source").join(known, on="doc_id", how="left", maintain_order="left")
    named = pl.concat_str("of", "group", separator="+")
    return rows.select("doc_id", source=pl.coalesce(named, "of"), of="of", factor=pl.col("factor").fill_null(1.0)).sort(
        "doc_id"
    )


def reweigh(section: Pretrain, divided: Snapshot, sequences: Snapshot) -> Pretrain:
    """The section with every share of its blend divided among the strata of the source: by training sequences times
    factor. A sequence of a stratum with factor 2 comes twice as often as one with 1, the source's share
    stays what the card says, and strata without a training sequence have none. A limit of epochs holds for every
    stratum, and amendments are divided as well. Unchanged where `divided` is no table of strata."""
    if divided.table != STRATA:
        return section
    parts = parts_of(divided, sequences)
    return replace(
        section,
        blend=_divided(section.blend, parts),
        max_epochs=_limited(section.max_epochs, parts),
        amendments=[divide(one, parts) for one in section.amendments],
    )


def reweighed(section: Pretrain, sequences: Snapshot) -> Pretrain:
    """`reweigh` by the strata that the sequences were packed by, if they were."""
    divided = strata_behind(sequences)
    return reweigh(section, divided, sequences) if divided else section


def strata_behind(sequences: Snapshot) -> Snapshot | None:
    """The strata that sequences were packed by; None where they were packed by source."""
    return next((lake.find(one.uri) for one in sequences.lineage.parents if one.name == STRATA), None)


def parts_of(divided: Snapshot, sequences: Snapshot) -> Parts:
    """Source → stratum → its part of the source's share."""
    parts = pl.DataFrame(lake.read(divided, ["source", "of", "factor"])).unique()
    rows = pl.DataFrame(lake.read(sequences, ["source"], "split = 'train'"))["source"].value_counts(name="sequences")
    weighed = parts.join(rows, on="source").with_columns(weight=pl.col("sequences") * pl.col("factor"))
    weighed = weighed.with_columns(part=pl.col("weight") / pl.col("weight").sum().over("of")).sort("source")
    found: dict[str, dict[str, float]] = {}
    for of, source, part in weighed.select("of", "source", "part").iter_rows():
        found.setdefault(of, {})[source] = part
    return found


def divide(amendment: Amendment, parts: Parts) -> Amendment:
    """An amendment's shares and limits among strata. A source of which it names a stratum is divided by itself
    already, and one that it brings rows of is not divided."""
    named = {name.partition("+")[0] for name in amendment.blend if "+" in name}
    open_parts = {of: mine for of, mine in parts.items() if of not in named | amendment.snapshots.keys()}
    blend, limits = _divided(amendment.blend, open_parts), _limited(amendment.max_epochs, open_parts)
    return replace(amendment, blend=blend, max_epochs=limits)


def _limited(limits: Mapping[str, float], parts: Parts) -> dict[str, float]:
    return {name: most for source, most in limits.items() for name in parts.get(source, {source: 1.0})}


def _divided(shares: Mapping[str, float], parts: Parts) -> dict[str, float]:
    """Every source's share among its strata. A source without a sequence keeps its name: the blend then says so."""
    pairs = (
        (name, round(share * part, DIGITS))
        for source, share in shares.items()
        for name, part in parts.get(source, {source: 1.0}).items()
    )
    return dict(sorted(pairs))
