"""Forget documents: what would go, and its going, which can be stopped anywhere and called again."""

from model_factory import lake, ledger
from model_factory.blender.live import consumers_at_work
from model_factory.erasure import intent
from model_factory.erasure.doomed import Doomed
from model_factory.erasure.intent import Intent
from model_factory.erasure.registry import MARKS, STORES
from model_factory.erasure.store import Found
from model_factory.erasure.stores import temporary
from model_factory.erasure.wanted import Named, copies

# Seconds to wait for another erasure in this checkout.
_PATIENCE_S = 60.0


class RunsAtWork(RuntimeError):
    """A run is under way: what it has read it may write again."""


class ComeBack(RuntimeError):
    """Something of the documents was written while they were erased."""


def plan(doomed: Doomed) -> list[Found]:
    """What the stores hold of the documents and what will be marked; nothing is changed."""
    return [found for store in (*MARKS, *STORES) for found in store.find(doomed)]


def living_copies(doomed: Doomed) -> list[Named]:
    """Documents with the same text under other names: they stay, and so does their text, unless they are named too."""
    return copies(doomed.texts, doomed.doc_ids) if doomed.texts else []


def forget(doomed: Doomed) -> None:
    """Erase the documents from every store, mark what saw them, and leave tombstones that ingest honours.

    An erasure that was begun is finished along with this one. ValueError for a reason that names what is to be
    forgotten; RunsAtWork while a run is under way; ComeBack where something was written meanwhile.
    """
    _check_reason(doomed)
    with ledger.exclusive("forget", _PATIENCE_S):
        refuse_runs()
        before = intent.begun()
        is_same = before is not None and set(before.doc_ids) == doomed.doc_ids
        if before is None or not is_same:
            doomed = _together(doomed, before)
            intent.note(Intent(sorted(doomed.doc_ids), doomed.reason))
        _bury(doomed)
        if not (before and is_same and before.marked):
            for store in MARKS:
                store.erase(doomed)
            intent.note(Intent(sorted(doomed.doc_ids), doomed.reason, marked=True))
        for store in STORES:
            store.erase(doomed)
        _check_gone(Doomed(doomed.doc_ids, doomed.reason))
        intent.done()


def refuse_runs() -> None:
    """RunsAtWork names the runs that are under way, and who reads a live table."""
    readers = consumers_at_work()
    if readers:
        raise RunsAtWork(
            f"a consumer has rows of a live table in memory: {', '.join(readers)}; end it, and run this again"
        )
    at_work = [run for run in ledger.runs() if run.outcome == "running"]
    if at_work:
        named = ", ".join(
            f"{run.card} {run.run_digest[:12]} ({station.station}, process {station.attempts[-1].pid} "
            f"on {station.attempts[-1].host})"
            for run in at_work
            for station in run.stations
            if station.outcome == "running"
        )
        raise RunsAtWork(
            f"a run is under way and may write again what is erased: {named}; let it end, or end it, and run this again"
        )


def _together(doomed: Doomed, before: Intent | None) -> Doomed:
    return Doomed(doomed.doc_ids | set(before.doc_ids), doomed.reason) if before else doomed


def _bury(doomed: Doomed) -> None:
    """A text that other documents have as well keeps coming in with them; only the ids are buried then."""
    shared = {one.doc_id for one in living_copies(doomed)}
    found = {lake.tombstone("doc_id", doc_id) for doc_id in doomed.doc_ids}
    if not shared:
        found |= {lake.tombstone("text", text) for text in doomed.texts}
    lake.bury(found)


def _check_reason(doomed: Doomed) -> None:
    named = sorted(path for path in doomed.paths if path in doomed.reason)
    if named:
        raise ValueError(
            f"--reason: {doomed.reason!r} holds the path {named[0]!r}, and the reason is kept for good; "
            "say why without naming what is to be forgotten"
        )


def _check_gone(doomed: Doomed) -> None:
    left = [found for store in (*MARKS, *STORES) if store is not temporary for found in store.find(doomed)]
    if left:
        places = ", ".join(f"{one.store} {one.what}" for one in left[:5])
        raise ComeBack(
            f"something of the documents was written while they were erased: {places}; see what writes and "
            "run this again"
        )
