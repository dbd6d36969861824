"""Which code a station reaches, as one digest: what makes a cached result stale."""

import ast
import functools
import hashlib
import importlib.util
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

import grimp

from model_factory.nouns.home import checkout

PACKAGES = ("model_factory", "tasks")
# Recording is not computing: a changed log message must not cost a training run.
SILENT = "model_factory.ledger"


def source_digest(station: str, entries: Iterable[str] = ()) -> str:
    """Digest of the first-party source that `tasks.<station>` reaches and of its third-party versions.

    Followed by import from the task's module through `model_factory`; `entries` are modules that the
    card names in a registry ("module:attribute" or "module"). Comments, docstrings, formatting and
    calls on `ledger` don't count. 16 hex digits.
    """
    graph = _graph()
    starts = set(graph.find_modules_directly_imported_by(f"tasks.{station}"))
    reached = _closure(graph, starts | {entry.partition(":")[0] for entry in entries})
    ours = sorted(module for module in reached if module.startswith("model_factory"))
    theirs = sorted({module.partition(".")[0] for module in reached} - set(PACKAGES))
    parts = [_function_digest(f"tasks.{station}")]
    parts += [f"{module} {_module_digest(module)}" for module in ours]
    parts += [f"{name}=={version}" for name, version in sorted(_versions(theirs).items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _closure(graph: Any, starts: set[str]) -> set[str]:
    reached: set[str] = set()
    waiting = [module for module in starts if not module.startswith(("tasks", SILENT))]
    while waiting:
        module = waiting.pop()
        if module in reached:
            continue
        reached.add(module)
        if module.startswith("model_factory"):
            waiting += [
                found
                for found in graph.find_modules_directly_imported_by(module)
                if not found.startswith(SILENT) and found not in reached
            ]
    return reached


@functools.cache
def _graph() -> Any:
    root = str(checkout())
    if root not in sys.path:
        sys.path.append(root)
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


@functools.cache
def _module_digest(module: str) -> str:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{module}: named by a registry or an import, but there is no such module")
    tree = _Meaning().visit(ast.parse(Path(spec.origin).read_text(encoding="utf-8")))
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


@functools.cache
def _function_digest(module: str) -> str:
    """The bodies of a task module's functions: where they run (their decorators) is placement."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    tree = _Meaning().visit(ast.parse(Path(spec.origin).read_text(encoding="utf-8")))
    bodies = [ast.dump(ast.Module(node.body, [])) for node in tree.body if isinstance(node, ast.FunctionDef)]
    return hashlib.sha256("\n".join(bodies).encode()).hexdigest()


class _Meaning(ast.NodeTransformer):
    """Drops docstrings and statements that only call `ledger`."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return None
        called = node.value.func if isinstance(node.value, ast.Call) else None
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "ledger":
            return None
        return self.generic_visit(node)


def _versions(packages: list[str]) -> dict[str, str]:
    owners = _owners()
    names = {owner for package in packages for owner in owners.get(package, ())}
    return {name: metadata.version(name) for name in names}


@functools.cache
def _owners() -> dict[str, list[str]]:
    return dict(metadata.packages_distributions())
