"""The worker's own program: alone in the world, and part of what a cached result depends on."""

import ast
import sys
from pathlib import Path

from model_factory.cards import source_digest
from model_factory.sandbox.backends import INSIDE


def test_it_needs_the_standard_library_only() -> None:
    ours = {path.stem for path in INSIDE.glob("*.py")}
    for path in INSIDE.glob("*.py"):
        if path.stem == "__init__":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                allowed = name.partition(".")[0] in sys.stdlib_module_names or (
                    path.stem == "__main__" and name in ours
                )
                assert allowed, f"{path.name} imports {name}"


def test_a_change_of_it_makes_cached_results_stale() -> None:
    reached = source_digest._closure(source_digest._graph(), {"model_factory.sandbox.check"})
    files = {f"model_factory.sandbox.inside.{path.stem}" for path in INSIDE.glob("*.py")}
    missing = files - reached - {"model_factory.sandbox.inside.__init__", "model_factory.sandbox.inside.__main__"}
    assert not missing
    assert "model_factory.sandbox.inside" in reached
    assert "def" not in Path(INSIDE / "__main__.py").read_text(), "what it does must stand in a module that is reached"
