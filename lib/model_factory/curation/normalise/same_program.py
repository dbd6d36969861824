"""Whether a repair left a program what it was."""

import ast
import contextlib
import gc
import warnings
from collections.abc import Iterator


def same_program(before: str, after: str) -> bool:
    """True when both texts parse to the same syntax tree, docstrings and all; False when one does not parse."""
    tree = _tree(before)
    return tree is not None and tree == _tree(after)


def parses(text: str) -> bool:
    return _tree(text) is not None


def _tree(text: str) -> str | None:
    with warnings.catch_warnings(), _no_collection():
        # Invalid escapes and the like are warnings about other people's code.
        warnings.simplefilter("ignore")
        try:
            return ast.dump(ast.parse(text))
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
            return None


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """A tree is a million new objects without a cycle: looking for some doubles the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
