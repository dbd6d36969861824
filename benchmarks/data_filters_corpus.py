"""Prose that lies on any machine, laid out as web text is: a paragraph a line.

Man pages, documentation, descriptions and docstrings of installed distributions and of the standard library.
"""

import ast
import gzip
import hashlib
import json
import re
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

MAX_CHARS, MIN_CHARS = 100_000, 400
EVERY = 8  # file of an installed distribution is read for docstrings: parsing them all takes minutes
MACRO = re.compile(r"(?m)^[.'].*$\n?|\\f.|\\[&|^/,]|\\\(..")


def texts(limit: int) -> list[str]:
    """At most `limit` distinct texts, in the order of their digests: a fixed sample of all kinds. They are kept in the
    folder for temporary files, since reading them takes a minute."""
    kept = Path(tempfile.gettempdir(), f"benchmark-prose-{limit}.json")
    if not kept.exists():
        kept.write_text(json.dumps(_texts(limit)))
    return json.loads(kept.read_text())


def _texts(limit: int) -> list[str]:
    found = {unwrapped(text)[:MAX_CHARS] for text in (*man_pages(), *documentation(), *docstrings())}
    long = (text for text in found if len(text) >= MIN_CHARS)
    return sorted(long, key=lambda text: hashlib.blake2b(text.encode()).digest())[:limit]


def unwrapped(text: str) -> str:
    """Lines of a paragraph joined; indented lines and bullets keep their breaks."""
    return re.sub(r"(?<=[^\n])\n(?=[A-Za-z(\"'`])", " ", text)


def man_pages() -> Iterator[str]:
    for path in sorted(Path("/usr/share/man").glob("man[1-8]/*.gz")):
        yield MACRO.sub("", _decoded(gzip.decompress(path.read_bytes())))


def documentation() -> Iterator[str]:
    for path in sorted(Path("/usr/share/doc").rglob("*")):
        if path.is_file() and path.suffix in {"", ".md", ".txt", ".rst"}:
            yield _decoded(path.read_bytes())
    for path in sorted(Path(sysconfig.get_path("purelib")).glob("*.dist-info/METADATA")):
        yield _decoded(path.read_bytes()).partition("\n\n")[2]


def docstrings() -> Iterator[str]:
    own, foreign = (sorted(Path(sysconfig.get_path(folder)).rglob("*.py")) for folder in ("stdlib", "purelib"))
    for path in (*own, *foreign[::EVERY]):
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                yield ast.get_docstring(node) or ""


def _decoded(content: bytes) -> str:
    """Text, or nothing where the file is none."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return ""
