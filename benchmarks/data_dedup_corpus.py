"""The corpus of the deduplication benchmark, from what lies on any machine.

Real texts: functions and classes of the Python standard library, docs and modules of installed distributions,
man pages and system docs where there are any. Planted: copies with other white space, with words replaced, with a
block cut out or put in front, from hardly to heavily edited.
"""

import ast
import gzip
import hashlib
import random
import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import polars as pl

MIN_CHARS, MAX_CHARS = 400, 12_000
PLANTED_SHARE = 0.22  # of all documents
SYSTEM_FOLDERS = ("/usr/share/man", "/usr/share/doc")


def corpus(num_documents: int, seed: int) -> pl.DataFrame:
    """`num_documents` rows (doc_id, source, path, text) in random order; equal seeds on one machine give equal rows."""
    draw = random.Random(seed)
    num_planted = int(num_documents * PLANTED_SHARE)
    texts = _sample(num_documents - num_planted, draw)
    planted = [_copy(draw.choice(texts), draw) for _ in range(num_planted)]
    everything = texts + planted
    draw.shuffle(everything)
    ids = [_doc_id(f"{place}\0{text}") for place, text in enumerate(everything)]
    paths = [f"{place:07d}" for place in range(len(everything))]
    return pl.DataFrame({"doc_id": ids, "source": "bench", "path": paths, "text": everything})


def _doc_id(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _sample(count: int, draw: random.Random) -> list[str]:
    """Equally many from every kind of text, more of one where another has run out."""
    kinds = [_definitions(draw), _installed(draw), _system(draw)]
    chosen: dict[str, None] = {}
    while len(chosen) < count and kinds:
        for kind in list(kinds):
            text = next(kind, None)
            if text is None:
                kinds.remove(kind)
            elif len(text) >= MIN_CHARS:
                chosen[text[:MAX_CHARS]] = None
    if len(chosen) < count:
        raise SystemExit(f"this machine has {len(chosen)} documents, not {count}; ask for fewer with --documents")
    return list(chosen)[:count]


def _definitions(draw: random.Random) -> Iterator[str]:
    """Functions and classes of the standard library."""
    for path in _files(Path(sysconfig.get_path("stdlib")), (".py",), draw):
        text = "" if "site-packages" in path.parts else _read(path)
        try:
            body = ast.parse(text).body
        except (SyntaxError, ValueError):
            continue
        kinds = (ast.FunctionDef, ast.ClassDef)
        yield from (ast.get_source_segment(text, node) or "" for node in body if isinstance(node, kinds))


def _installed(draw: random.Random) -> Iterator[str]:
    """Modules and docs of the distributions this Python runs with."""
    endings = (".py", ".md", ".rst", ".txt")
    return (_read(path) for path in _files(Path(sysconfig.get_path("purelib")), endings, draw))


def _system(draw: random.Random) -> Iterator[str]:
    endings = (".gz", ".txt", ".md", ".html", ".rst", "README", "copyright")
    return (_read(path) for folder in SYSTEM_FOLDERS for path in _files(Path(folder), endings, draw))


def _files(folder: Path, endings: tuple[str, ...], draw: random.Random) -> list[Path]:
    """In random order."""
    files = sorted(path for path in folder.rglob("*") if path.name.endswith(endings) and not path.is_symlink())
    draw.shuffle(files)
    return [path for path in files if path.is_file()]


def _read(path: Path) -> str:
    content = path.read_bytes()
    if path.name.endswith(".gz"):
        content = gzip.decompress(content)
    return content.decode("utf-8", "ignore")


def _copy(text: str, draw: random.Random) -> str:
    way = draw.random()
    if way < 0.1:
        return re.sub(r"\s+", "  ", text) + "\n"
    if way < 0.65:
        return _reworded(text, draw, draw.uniform(0.0, 0.06))
    words = re.split(r"(\W+)", text)
    length = int(len(words) * draw.uniform(0.0, 0.3))
    start = draw.randrange(len(words) - length + 1)
    block = words[start : start + length]
    return "".join(words[:start] + words[start + length :] if way < 0.85 else block[::-1] + words)


def _reworded(text: str, draw: random.Random, share: float) -> str:
    words = re.split(r"(\W+)", text)
    for place in draw.sample(range(0, len(words), 2), int(len(words) / 2 * share)):
        words[place] = f"edited{draw.randrange(10**6)}"
    return "".join(words)
