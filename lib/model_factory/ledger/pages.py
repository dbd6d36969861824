"""Pages for people: shown in the Deck of the task and kept in the log book."""

import os
import re

from model_factory.ledger import store

_FOLDER = "pages"
_TITLE = re.compile(r"\A<!-- page: (?P<title>.*?) -->\n(?P<html>.*)\Z", re.DOTALL)


def show(title: str, html: str) -> None:
    """Add a page to the open attempt: an artifact of the station's run, and a Deck of its task.

    A second page with the same title replaces the first. Only the first process of a mesh shows.
    """
    run_id = os.environ.get("MODEL_FACTORY_RUN")
    if not run_id or os.environ.get("RANK", "0") != "0":
        return
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "page"
    store.client().log_text(run_id, f"<!-- page: {title} -->\n{html}", f"{folder()}/{name}.html")


def folder() -> str:
    """Where the open attempt's pages lie among the artifacts of its run."""
    return f"{_FOLDER}/attempt-{os.environ.get('MODEL_FACTORY_ATTEMPT', '1')}"


def pages(run_id: str, place: str) -> list[tuple[str, str]]:
    """(title, html) of the pages under an artifact folder, by whichever process they were shown."""
    from mlflow.artifacts import load_text

    found = []
    for item in store.client().list_artifacts(run_id, place):
        text = load_text(f"{store.client().get_run(run_id).info.artifact_uri}/{item.path}")
        match = _TITLE.match(text)
        if match:
            found.append((match["title"], match["html"]))
    return found
