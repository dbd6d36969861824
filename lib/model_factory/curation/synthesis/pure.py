"""Functions that are sure to give equal results for equal arguments, found by their syntax."""

import ast
import gc
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

# No `set`: the order of a set of strings differs from one interpreter to the next. No `hash`, no `id`.
_BUILTINS = (
    "abs all any ascii bin bool bytearray bytes callable chr complex dict divmod enumerate filter float format hex int "
    "isinstance issubclass iter len list map max min next object oct ord pow range repr reversed round slice sorted "
    "str sum tuple type zip Exception ArithmeticError AssertionError AttributeError IndexError KeyError LookupError "
    "NotImplementedError OverflowError RuntimeError StopIteration TypeError UnicodeError ValueError "
    "ZeroDivisionError"
)
BUILTINS = frozenset(_BUILTINS.split())
METHODS = frozenset(
    name
    for kind in (str, bytes, bytearray, list, tuple, dict, int, float, range)
    for name in dir(kind)
    if not name.startswith("_")
)
FORBIDDEN = (
    ast.Import,
    ast.ImportFrom,
    ast.Global,
    ast.Nonlocal,
    ast.ClassDef,
    ast.With,
    ast.Set,
    ast.SetComp,
    ast.Yield,
    ast.YieldFrom,
    ast.Await,
    ast.AsyncFunctionDef,
    ast.AsyncFor,
    ast.AsyncWith,
)


@dataclass(frozen=True)
class Function:
    """A function of the corpus; `source` is dedented, `node` its syntax."""

    doc_id: str
    path: str
    name: str
    source: str
    node: ast.FunctionDef

    @property
    def arguments(self) -> list[ast.arg]:
        return [*self.node.args.posonlyargs, *self.node.args.args]

    @property
    def num_required(self) -> int:
        return len(self.arguments) - len(self.node.args.defaults)


def pure_functions(doc_id: str, path: str, text: str, max_chars: int) -> list[Function]:
    """The pure functions of a document of at most `max_chars`, nested ones too; none if it does not parse."""
    found: list[Function] = []
    lines = text.split("\n")
    with _quietly():
        for node in _definitions(_parse(text)):
            source = textwrap.dedent("\n".join(lines[node.lineno - 1 : node.end_lineno]))
            if len(source) <= max_chars and source.startswith("def ") and is_pure(node):
                found.append(Function(doc_id, path, node.name, source, node))
    return found


def is_pure(node: ast.FunctionDef) -> bool:
    """Whether a function only computes: positional arguments of which it uses some, a value returned,
    nothing read but its own names, literals and BUILTINS, no attribute but the METHODS of literals."""
    inside = list(ast.walk(node))
    return (
        _is_plain(node)
        and not any(isinstance(part, FORBIDDEN) for part in inside)
        and any(isinstance(part, ast.Return) and part.value is not None for part in inside)
        and all(_is_harmless(part) for part in inside if isinstance(part, ast.Attribute))
        and _reads_only_its_own(node, inside)
    )


def _parse(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module(body=[], type_ignores=[])


@contextmanager
def _quietly() -> Iterator[None]:
    """No warnings about other people's code, and no search for cycles: syntax trees have none, and
    searching them while they grow takes more than half of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if collecting:
            gc.enable()


def _definitions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    """Every function definition, found through statements alone: expressions hold none."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef):
            yield node
        for block in ("body", "orelse", "finalbody", "handlers"):
            children = getattr(node, block, None)
            if isinstance(children, list):
                waiting += children


def _is_plain(node: ast.FunctionDef) -> bool:
    taken = node.args
    names = [argument.arg for argument in [*taken.posonlyargs, *taken.args]]
    unusual = taken.vararg or taken.kwarg or taken.kwonlyargs or node.decorator_list
    return bool(names) and not unusual and names[0] not in ("self", "cls", "mcs")


def _is_harmless(part: ast.Attribute) -> bool:
    return part.attr in METHODS and isinstance(part.ctx, ast.Load)


def _reads_only_its_own(node: ast.FunctionDef, inside: list[ast.AST]) -> bool:
    names = [part for part in inside if isinstance(part, ast.Name)]
    read = {part.id for part in names if isinstance(part.ctx, ast.Load)}
    arguments = {part.arg for part in inside if isinstance(part, ast.arg)}
    bound = arguments | {part.id for part in names if not isinstance(part.ctx, ast.Load)}
    bound |= {part.name for part in inside if isinstance(part, (ast.FunctionDef, ast.ExceptHandler)) and part.name}
    return read <= bound | BUILTINS and bool(read & arguments)
