"""Which document is meant."""

import ast
import re
from dataclasses import dataclass
from typing import Any

from model_factory import lake
from model_factory.release.line import Line

_COLUMNS = ["doc_id", "source", "path", "licence", "origin", "language", "num_bytes"]


@dataclass(frozen=True)
class Document:
    """A document of the corpus, or a problem; `row` is what its table says of it without the text.

    `function` is the one asked for, with the characters of the text that it spans.
    """

    doc_id: str
    kind: str
    row: dict[str, Any]
    function: str = ""
    span: tuple[int, int] = (0, 0)


def document(line: Line, asked: str) -> Document:
    """The document that `doc_id` (6 digits or more of it), `source:path`, `path` or `…::function` names.

    LookupError if there is none, or if there are several.
    """
    name, _, function = asked.partition("::")
    found = [Document(row["doc_id"], kind, row) for kind, row in _candidates(line, name)]
    if not found:
        raise LookupError(
            f"no document {name!r} in run {line.run_digest[:12]}; "
            "write source:path as ingest names it, for example stdlib:bisect.py, or the beginning of a doc_id"
        )
    if len(found) > 1:
        several = ", ".join(f"{one.doc_id[:12]} ({_name(one.row)})" for one in found[:5])
        raise LookupError(f"{name!r} could be {len(found)} documents: {several}; write source:path or more digits")
    return _with_function(line, found[0], function) if function else found[0]


def cleaned(line: Line, doc_id: str) -> dict[str, Any]:
    """A document's text as every later station saw it, with what was changed and replaced in it."""
    for shard in line.parents("candidate", "clean.documents"):
        rows = lake.read(shard, ["text", "changes", "redactions"], f"doc_id = '{doc_id}'").to_pylist()
        if rows:
            return rows[0]
    raise LookupError(f"document {doc_id} is in no shard of clean.documents that the corpus was made from")


def text_of(line: Line, doc_id: str) -> str:
    """The text of a document as every station after `clean` saw it."""
    return cleaned(line, doc_id)["text"]


def span_of(text: str, function: str) -> tuple[int, int]:
    """The first character of a function or method and the one behind its last.

    `function` is a name, or `Class.name` where several have it; LookupError says which there are.
    """
    spans = _spans(text)
    chosen = [name for name in spans if name == function] or [
        name for name in spans if name.rpartition(".")[2] == function
    ]
    if len(chosen) > 1:
        raise LookupError(f"function {function!r} could be any of {', '.join(chosen)}; name one of them")
    if not chosen:
        raise LookupError(f"no function {function!r}; there are: {', '.join(sorted(spans)) or 'none'}")
    return spans[chosen[0]]


def _spans(text: str) -> dict[str, tuple[int, int]]:
    """Dotted name → characters of every function, method and class."""
    # Python's lines, not `splitlines`': a form feed ends none.
    starts = [0, *(end.end() for end in re.finditer(r"\r\n|\r|\n|\Z", text))]
    spans: dict[str, tuple[int, int]] = {}

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                spans.setdefault(prefix + child.name, (starts[child.lineno - 1], starts[child.end_lineno or 0]))
                visit(child, f"{prefix}{child.name}.")
            else:
                visit(child, prefix)

    visit(ast.parse(text), "")
    return spans


def _candidates(line: Line, name: str) -> list[tuple[str, dict[str, Any]]]:
    rows = lake.read(line.snapshot("documents"), _COLUMNS).to_pylist()
    found = [("document", row) for row in rows if _names(row, name)]
    scrap = line.beside("raw.scrap", "documents")
    if scrap and not found:
        found = [("scrap", row) for row in lake.read(scrap).to_pylist() if _names(row, name)]
    if not found and re.fullmatch(r"[0-9a-f]{6,}", name):
        columns = ["doc_id", "split", "prompt", "entry_point", "operators"]
        problems = lake.read(line.snapshot("problems"), columns).to_pylist()
        found = [("problem", row) for row in problems if row["doc_id"].startswith(name)]
    return found


def _names(row: dict[str, Any], name: str) -> bool:
    return name in (row["path"], _name(row)) or (
        bool(re.fullmatch(r"[0-9a-f]{6,}", name)) and row["doc_id"].startswith(name)
    )


def _name(row: dict[str, Any]) -> str:
    return f"{row['source']}:{row['path']}" if "source" in row else row["prompt"].splitlines()[0]


def _with_function(line: Line, found: Document, function: str) -> Document:
    if found.row.get("language") != "python":
        raise LookupError(f"{_name(found.row)} is no Python source, so it has no function {function!r}")
    return Document(found.doc_id, found.kind, found.row, function, span_of(text_of(line, found.doc_id), function))
