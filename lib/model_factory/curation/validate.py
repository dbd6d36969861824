"""The audit of the candidate corpus: the card's expectations, checked by Great Expectations on the branch."""

from collections import Counter
from dataclasses import replace
from html import escape

import polars as pl

from model_factory import lake, ledger
from model_factory.cards.errors import CardError
from model_factory.cards.validate import ALL, Validate
from model_factory.curation.exclusions import write_exclusions
from model_factory.curation.registry import suggest
from model_factory.curation.suites.check import Audit
from model_factory.curation.suites.load import asked, check_suites
from model_factory.curation.suites.profile import PROFILE_SCHEMA, keep, previous, profile
from model_factory.curation.suites.suite import Audited
from model_factory.nouns import Lineage, Snapshot

CURE = "look at the rows on the branch, then correct `curate` or this line of the card"


class ValidationFailed(RuntimeError):
    """A candidate does not meet its suites. The message has a line per failed expectation."""

    scrap_cause = "data"


def baseline(section: Validate, candidate: Snapshot) -> Snapshot | None:
    """The profile that the candidate's drift is measured from, or None: no drift is asked for, or nothing was
    published under its series yet."""
    return previous(section.suites["drift"]["series"], candidate) if "drift" in section.suites else None


def validate(
    section: Validate, candidate: Snapshot, scrap: Snapshot, before: Snapshot | None, lineage: Lineage
) -> Snapshot:
    """Publish the candidate if it meets every expectation of the card, in every source and as a whole.

    A source that fails a suite and is `excludable` is left out: then its documents are not in what is published,
    whose lineage names `curated.exclusions`, the reasons. Any other failure raises ValidationFailed with what was
    observed: main stays as it was and the candidate on its branch. Data Docs go to the log book in all cases.
    `scrap` is what curation left out, `before` the baseline of drift. CardError for an expectation, suite or
    column that does not exist. A candidate that passes whole is published with the lineage it was staged with:
    with `lineage`, its parent would have its own digest and no walk would end.
    """
    check_suites(section)
    audited = _audited(candidate, scrap, before)
    sources = Counter(lake.read(candidate, ["source"])["source"].to_pylist())
    audit = Audit()
    _check_suites(section, audited, sorted(sources), audit)
    excluded = sorted({failure.group for failure in audit.failures} & set(section.excludable))
    rest = audited.whole(excluded)
    _check_suites(section, rest, [ALL], audit)
    _check_rows(section, candidate, excluded, audit)
    ledger.show("Data Docs", _page(section, audited, excluded, audit))
    _refuse(candidate, sorted(sources), excluded, audit)
    published = _published(candidate, sources, excluded, audit, lineage)
    if "drift" in section.suites:
        _keep_profile(section, audited, rest, excluded, lineage)
    return published


def _audited(candidate: Snapshot, scrap: Snapshot, before: Snapshot | None) -> Audited:
    group = pl.col("source").alias("group")
    left_out = pl.DataFrame(lake.read(scrap, ["source", "rule"])).with_columns(group)
    profile = pl.DataFrame(lake.read(before)) if before else pl.DataFrame(schema=PROFILE_SCHEMA)
    return Audited(lake.scan(candidate).with_columns(group), left_out, profile)


def _check_suites(section: Validate, audited: Audited, groups: list[str], audit: Audit) -> None:
    """Every suite's figures of every group, checked with the settings that hold for it."""
    for name in section.suites:
        for one in asked(section, name, groups):
            if one.suite.whole and one.groups != [ALL]:
                continue
            figures = one.suite.measure(audited.only(one.groups), one.settings)
            field = f"validate.suites.{name}"
            whom = f"{name} of {', '.join(one.groups)}"
            audit.check(whom, figures, [(field, asks) for asks in one.expectations], f"{one.suite.cure} ({field})")


def _check_rows(section: Validate, candidate: Snapshot, excluded: list[str], audit: Audit) -> None:
    """The card's own expectations on the rows that would be published; CardError for a column that is not there."""
    held = lake.scan(candidate).collect_schema().names()
    for place, one in enumerate(section.suite):
        if one.column and one.column not in held:
            cure = suggest(one.column, held)
            raise CardError(f"validate.suite[{place}].column: {candidate.table} has no {one.column!r}; {cure}")
    wanted = {one.column for one in section.suite if one.column} | {"doc_id", "source"}
    rows = pl.DataFrame(lake.read(candidate, sorted(wanted))).filter(~pl.col("source").is_in(excluded))
    asks = [(f"validate.suite[{place}]", one) for place, one in enumerate(section.suite)]
    if asks:
        audit.check("suite of the card", rows, asks, CURE)


def _refuse(candidate: Snapshot, sources: list[str], excluded: list[str], audit: Audit) -> None:
    stops = [failure for failure in audit.failures if failure.group not in excluded]
    if excluded == sources:
        stops = audit.failures
    if stops:
        raise ValidationFailed(
            f"{candidate.table}@{candidate.snapshot_id} fails {len(stops)} of {audit.num_expectations} expectations:\n"
            + "\n".join(f"  {failure}" for failure in stops)
            + f"\nmain is unchanged; the rows stay on branch {candidate.branch}. Look at them there, then correct "
            "`curate` or `validate` in the card, or name a source under validate.excludable to go on without it"
        )


def _published(
    candidate: Snapshot, sources: Counter[str], excluded: list[str], audit: Audit, lineage: Lineage
) -> Snapshot:
    ledger.log_metrics({f"excluded.{source}": float(sources[source]) for source in excluded}, step=0)
    if not excluded:
        return lake.publish(candidate)
    reasons = [failure for failure in audit.failures if failure.group in excluded]
    written = write_exclusions(reasons, sources, lineage)
    rows = pl.DataFrame(lake.read(candidate)).filter(~pl.col("source").is_in(excluded))
    parents = [*lineage.parents, written.as_parent()]
    return lake.write(candidate.table, rows.to_arrow(), replace(lineage, parents=parents))


def _keep_profile(section: Validate, audited: Audited, rest: Audited, excluded: list[str], lineage: Lineage) -> None:
    settings = section.suites["drift"]
    kept = ~pl.col("group").is_in(excluded)
    groups = [
        profile(audited.documents.filter(kept), settings["columns"]),
        profile(rest.documents, settings["columns"]),
    ]
    keep(settings["series"], pl.concat(groups), audited.before, lineage)


def _page(section: Validate, audited: Audited, excluded: list[str], audit: Audit) -> str:
    notes = [f"{len(audit.failures)} of {audit.num_expectations} expectations failed."]
    notes += [f"Left out: {', '.join(excluded)}."] if excluded else []
    if "drift" in section.suites and audited.before.is_empty():
        notes.append("Drift: nothing was published before to compare with, this is the first of its series.")
    return f"<p>{escape(' '.join(notes))}</p>" + "".join(audit.pages)
