"""Every text that the log book keeps, to be looked through and, where it must be, written anew."""

import sqlite3
from collections.abc import Callable, Iterator

from model_factory.ledger import store
from model_factory.ledger.runs import Run

# A text → what it is to be replaced by, or None where it may stay.
Redact = Callable[[str], str | None]


def rewrite(runs: list[Run], redact: Redact, is_asked_only: bool = False) -> list[str]:
    """Replace texts of the runs, their stations and the tags of both by what `redact` makes of them.

    Returns where texts were replaced, or would be with `is_asked_only`. Files that are no text are left alone.
    """
    found = []
    for run_id in (one for run in runs for one in (run.run_id, *(station.run_id for station in run.stations))):
        for path, text in _files(run_id):
            changed = redact(text)
            if changed is not None:
                found.append(f"{run_id}/{path}")
                if not is_asked_only:
                    store.client().log_text(run_id, changed, path)
        for name, value in store.client().get_run(run_id).data.tags.items():
            changed = redact(value)
            if changed is not None:
                found.append(f"{run_id} tag {name}")
                if not is_asked_only:
                    store.client().set_tag(run_id, name, changed)
    return found


def compact() -> None:
    """Write the database anew, so that what was overwritten is on none of its free pages. A server's is its own
    administrator's."""
    if not store.uri().startswith("sqlite:///"):
        return
    store.client()
    connection = sqlite3.connect(store.uri().removeprefix("sqlite:///"), timeout=60)
    try:
        connection.execute("VACUUM")
    finally:
        connection.close()


def _files(run_id: str, folder: str | None = None) -> Iterator[tuple[str, str]]:
    from mlflow.artifacts import load_text

    root = store.client().get_run(run_id).info.artifact_uri
    for item in store.client().list_artifacts(run_id, folder):
        if item.is_dir:
            yield from _files(run_id, item.path)
        else:
            try:
                yield item.path, load_text(f"{root}/{item.path}")
            except UnicodeDecodeError:
                continue
