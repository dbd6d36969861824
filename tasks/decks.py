"""What the console shows of an artifact."""

from html import escape
from typing import Any

from model_factory.nouns.digest import canonical_json


def lineage_page(artifact: Any) -> str:
    """A table of an artifact's identity and its parents; lists and tuples give one table each."""
    if isinstance(artifact, (list, tuple)):
        return "".join(lineage_page(item) for item in artifact)
    lineage = getattr(artifact, "lineage", None)
    if lineage is None:
        return f"<pre>{escape(canonical_json(artifact))}</pre>"
    me = artifact.as_parent()
    rows = [("made", me.kind, me.name, me.digest, me.uri)]
    rows += [("from", parent.kind, parent.name, parent.digest, parent.uri) for parent in lineage.parents]
    body = "".join("<tr>" + "".join(f"<td><code>{escape(cell)}</code></td>" for cell in row) + "</tr>" for row in rows)
    made_by = {
        "station": lineage.station,
        "run": lineage.run_digest[:12],
        "code": lineage.code,
        "commit": lineage.commit,
    }
    facts = " · ".join(f"{name} {value}" for name, value in made_by.items())
    head = "".join(f"<th>{title}</th>" for title in ("", "kind", "name", "digest", "where"))
    return f"<p>{escape(facts)}</p><table><tr>{head}</tr>{body}</table>"


def described(artifact: Any) -> str:
    """An artifact in a few words, for the terminal."""
    me = artifact.as_parent()
    rows = f"{artifact.num_rows:,} rows" if hasattr(artifact, "num_rows") else ""
    steps = f"step {artifact.step:,}" if hasattr(artifact, "step") else ""
    return f"{me.kind} {me.name} {rows or steps} {me.digest[:12]}".replace("  ", " ")
