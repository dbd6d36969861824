"""The order in which a repository's files are best read: what is imported before what imports it.

After DeepSeek-Coder (Guo et al. 2024, section 2.2), where files of a repository are sorted topologically before
they are concatenated. What we do differently: files that import each other in a circle are found as strongly connected
components and stand together by path, so that the order is defined for every repository.
"""

import heapq
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

NAMES = r"(?:\(([^)]*)\)|([^\n#;(]*))"
IMPORT = re.compile(rf"^[ \t]*(?:import[ \t]+([\w., \t]+)|from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+{NAMES})", re.M)
SUFFIXES = (".py", ".pyi")


def dependency_order(texts: Mapping[str, str]) -> list[str]:
    """The paths of `texts` (path → text of a file) in the order of their imports, ties by path.

    Imports are found by lines that look like them, so that a file need not parse; only imports of files in
    `texts` count. Equal inputs give equal orders, whatever their order.
    """
    paths = sorted(texts)
    place = {path: number for number, path in enumerate(paths)}
    modules = _modules(paths)
    edges = {
        (place[found], place[path])
        for path in paths
        if path.endswith(SUFFIXES)
        for found in imported(path, texts[path], modules)
        if found != path
    }
    return [paths[number] for number in _topological(len(paths), edges)]


def import_statements(text: str) -> str:
    """All that `dependency_order` reads of a file."""
    return "\n".join(match.group() for match in IMPORT.finditer(text))


def imported(path: str, text: str, modules: Mapping[tuple[str, str], str]) -> set[str]:
    """The files that a file imports. `from a import b` means a/b.py where there is one, else a."""
    root, own = _root_and_module(path, {(folder, name) for folder, name in modules})
    found = set()
    for names in _imports(text, own, path.rsplit("/", 1)[-1].startswith("__init__.")):
        hit = next((modules[key] for name in names for key in ((root, name), ("", name)) if key in modules), None)
        found |= {hit} if hit else set()
    return found


def _imports(text: str, own: str, package: bool) -> Iterator[list[str]]:
    """For every import the modules it can mean, the most exact first."""
    for match in IMPORT.finditer(text):
        plain, origin, bracketed, bare = match.groups()
        if plain:
            for entry in plain.split(","):
                yield _prefixes(_first_word(entry))
            continue
        base = _absolute(origin, own, package)
        for entry in (bracketed or bare or "").replace("\\", " ").split(","):
            name = _first_word(re.sub(r"#[^\n]*", "", entry))
            yield [f"{base}.{name}".strip("."), *_prefixes(base)]


def _absolute(origin: str, own: str, package: bool) -> str:
    """`origin` with its leading dots resolved against the module that it stands in."""
    name = origin.lstrip(".")
    dots = len(origin) - len(name)
    if not dots:
        return name
    parts = own.split(".")
    base = parts[: len(parts) - dots + package]
    return ".".join((*base, name) if name else base)


def _prefixes(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(len(parts), 0, -1) if parts[0]]


def _first_word(entry: str) -> str:
    words = entry.split()
    return words[0] if words else ""


def _modules(paths: list[str]) -> dict[tuple[str, str], str]:
    """(root folder, dotted name) → path. The root is the folder above the outermost package; a module is also
    known without its root where its name is nobody else's."""
    folders = {str(PurePosixPath(path).parent) for path in paths if path.endswith(("/__init__.py", "/__init__.pyi"))}
    known: dict[tuple[str, str], str] = {}
    holders: dict[str, list[str]] = defaultdict(list)
    for path in (path for path in paths if path.endswith(SUFFIXES)):
        folder = PurePosixPath(path).parent
        while str(folder) in folders:
            folder = folder.parent
        name = _dotted(path, str(folder))
        known.setdefault((str(folder), name), path)
        holders[name].append(path)
    return known | {("", name): held[0] for name, held in holders.items() if len(held) == 1}


def _root_and_module(path: str, known: set[tuple[str, str]]) -> tuple[str, str]:
    for folder in PurePosixPath(path).parents:
        if (str(folder), _dotted(path, str(folder))) in known:
            return str(folder), _dotted(path, str(folder))
    return "", ""


def _dotted(path: str, folder: str) -> str:
    inside = PurePosixPath(path).relative_to(folder).with_suffix("")
    return ".".join(part for part in inside.parts if part != "__init__")


def _topological(num_nodes: int, edges: set[tuple[int, int]]) -> Iterator[int]:
    """Nodes so that every edge's first comes before its second, but for circles; the smallest first."""
    ends = np.array(sorted(edges), dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(num_nodes, num_nodes))
    _, label = connected_components(graph, directed=True, connection="strong")
    members: dict[int, list[int]] = defaultdict(list)
    for node in range(num_nodes):
        members[int(label[node])].append(node)
    after: dict[int, set[int]] = defaultdict(set)
    for first, second in ends.tolist():
        if label[first] != label[second]:
            after[int(label[first])].add(int(label[second]))
    waiting_for = {circle: 0 for circle in members}
    for followers in after.values():
        for follower in followers:
            waiting_for[follower] += 1
    ready = [(members[circle][0], circle) for circle, count in waiting_for.items() if not count]
    heapq.heapify(ready)
    while ready:
        _, circle = heapq.heappop(ready)
        yield from members[circle]
        for follower in after[circle]:
            waiting_for[follower] -= 1
            if not waiting_for[follower]:
                heapq.heappush(ready, (members[follower][0], follower))
