"""A card's detectors applied to documents, with counts of what was replaced and never the thing itself."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

import polars as pl

from model_factory.cards.errors import CardError
from model_factory.curation.pii.detector import Detector, Parameters, Span
from model_factory.curation.pii.registry import DETECTORS
from model_factory.curation.registry import load, suggest

FINDING_SCHEMA = pl.Schema({"doc_id": pl.String, "detector": pl.String, "version": pl.String, "count": pl.Int64})


@dataclass(frozen=True)
class Redacted:
    """`documents` as they came in but for `text`; `findings` has a row per document and detector that
    found something (FINDING_SCHEMA), with how often."""

    documents: pl.DataFrame
    findings: pl.DataFrame


def redact(documents: pl.DataFrame, detectors: Mapping[str, Parameters]) -> Redacted:
    """Replace what `detectors` (name → parameters) find in `documents` (doc_id, text, …) by placeholders.

    Every document is read once per detector by polars; only suspected ones are searched for spans. A
    placeholder inside of a program may break it (a card number written as a number): what must not be
    trained on weighs more. Raises CardError for a detector that does not exist and for parameters
    unknown or missing.
    """
    loaded = load_detectors(detectors)
    suspects = _suspects(documents["text"], loaded)
    texts, findings = documents["text"].to_list() if suspects else [], []
    for place, names in suspects.items():
        texts[place], counts = redact_text(texts[place], {name: loaded[name] for name in names}, detectors)
        doc_id = documents["doc_id"][place]
        findings += [(doc_id, name, loaded[name].version, count) for name, count in counts.items()]
    if findings:
        documents = documents.with_columns(pl.Series("text", texts, dtype=pl.String))
    return Redacted(documents, pl.DataFrame(findings, FINDING_SCHEMA, orient="row"))


def redact_text(
    text: str, detectors: Mapping[str, Detector], parameters: Mapping[str, Parameters]
) -> tuple[str, Counter[str]]:
    """One text with placeholders, and how often each detector found something; the first of two on one span has it."""
    taken: list[tuple[int, int, str]] = []
    for name, detector in detectors.items():
        for span in _spans(text, detector, parameters[name]):
            if not _overlaps(span, taken):
                taken.append((*span, name))
    parts, end = [], 0
    for first, last, name in sorted(taken):
        parts += [text[end:first], detectors[name].placeholder]
        end = last
    return "".join((*parts, text[end:])), Counter(name for _, _, name in sorted(taken))


def load_detectors(detectors: Mapping[str, Parameters]) -> dict[str, Detector]:
    """The detectors that a card names, in the registry's order; CardError where it names them wrongly."""
    loaded = {name: load(DETECTORS, name, "clean.redact") for name in detectors}
    for name, detector in loaded.items():
        for parameter in _wrong(detectors[name], detector.parameters):
            raise CardError(f"clean.redact.{name}.{parameter}")
    return {name: loaded[name] for name in DETECTORS if name in loaded}


def _suspects(texts: pl.Series, detectors: Mapping[str, Detector]) -> dict[int, list[str]]:
    """Place of a document → detectors that suspect it, both in order."""
    found: dict[int, list[str]] = {}
    for name, detector in detectors.items():
        for place in texts.str.contains(detector.suspect).arg_true():
            found.setdefault(place, []).append(name)
    return dict(sorted(found.items()))


def _spans(text: str, detector: Detector, parameters: Parameters) -> Iterator[Span]:
    if detector.across_lines:
        yield from detector.find(text, parameters)
        return
    lines = text.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    for place in pl.Series(lines, dtype=pl.String).str.contains(detector.suspect).arg_true():
        for first, last in detector.find(lines[place], parameters):
            yield starts[place] + first, starts[place] + last


def _overlaps(span: Span, taken: list[tuple[int, int, str]]) -> bool:
    return any(span[0] < last and first < span[1] for first, last, _ in taken)


def _wrong(written: Parameters, declared: tuple[str, ...]) -> Iterator[str]:
    yield from (f"{name}: no such parameter; {suggest(name, declared)}" for name in written if name not in declared)
    cure = "missing; science has no defaults in code: write it in the card"
    yield from (f"{name}: {cure}" for name in declared if name not in written)
