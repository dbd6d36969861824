"""Of which type an argument probably is: from its annotation, default, name, and what is done with it."""

import ast
from typing import Literal

Kind = Literal["int", "float", "bool", "str", "bytes", "list", "dict"]

ANNOTATIONS: dict[str, Kind] = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "str": "str",
    "bytes": "bytes",
    "list": "list",
    "tuple": "list",
    "dict": "dict",
}
_NAMES: dict[Kind, str] = {
    "int": "i j k n m x y z a b num count size width height length depth level index offset start amount",
    "str": "s c text name word line string prefix suffix sep path key fmt filename msg tag url",
    "list": "items seq lst values xs l args lines parts elements iterable sequence",
    "dict": "d mapping table attrs kwargs headers",
    "bytes": "data buf h block",
    "bool": "flag verbose strict",
}
# Methods that only one of the types has; `index` and `count` decide nothing.
_METHODS: dict[Kind, str] = {
    "list": "append extend insert sort reverse",
    "dict": "items keys values get setdefault",
    "bytes": "decode hex fromhex",
    "int": "bit_length to_bytes bit_count",
    "float": "is_integer as_integer_ratio",
    "str": "lower upper split rsplit strip lstrip rstrip replace startswith endswith join format encode title find "
    "rfind partition rpartition isdigit isspace isalpha isalnum zfill ljust rjust center splitlines isidentifier "
    "capitalize swapcase casefold expandtabs translate isupper islower",
}
NAMES: dict[str, Kind] = {name: kind for kind, names in _NAMES.items() for name in names.split()}
METHODS: dict[str, Kind] = {name: kind for kind, names in _METHODS.items() for name in names.split()}
ARITHMETIC = (ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Pow, ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr)


def kinds_of(node: ast.FunctionDef) -> list[Kind | None]:
    """The likely kind of each positional argument, None where nothing tells."""
    arguments = [*node.args.posonlyargs, *node.args.args]
    required = len(arguments) - len(node.args.defaults)
    defaults: list[ast.expr | None] = [None] * required + list(node.args.defaults)
    return [_kind(node, argument, default) for argument, default in zip(arguments, defaults, strict=True)]


def _kind(node: ast.FunctionDef, argument: ast.arg, default: ast.expr | None) -> Kind | None:
    return (
        _of_annotation(argument.annotation)
        or _of_literal(default)
        or _of_use(node, argument.arg)
        or NAMES.get(argument.arg.strip("_").lower())
    )


def _of_annotation(annotation: ast.expr | None) -> Kind | None:
    """The first plain type that an annotation names: `list[int]` is a list, `str | None` a str."""
    names = [part.id for part in ast.walk(annotation) if isinstance(part, ast.Name)] if annotation else []
    return next((ANNOTATIONS[name] for name in names if name in ANNOTATIONS), None)


def _of_literal(value: ast.expr | None) -> Kind | None:
    if isinstance(value, ast.Constant):
        return ANNOTATIONS.get(type(value.value).__name__)
    if isinstance(value, (ast.List, ast.Tuple)):
        return "list"
    return "dict" if isinstance(value, ast.Dict) else None


def _of_use(node: ast.FunctionDef, name: str) -> Kind | None:
    """The first operation, in the order of the source, that only one type allows."""
    return next((kind for part in ast.walk(node) if (kind := _of_operation(part, name))), None)


def _of_operation(part: ast.AST, name: str) -> Kind | None:
    if isinstance(part, ast.Attribute) and _is(part.value, name):
        return METHODS.get(part.attr)
    if isinstance(part, ast.Compare):
        sides = [part.left, *part.comparators]
        return _of_sides(sides) if any(_is(side, name) for side in sides) else None
    if isinstance(part, ast.BinOp) and (_is(part.left, name) or _is(part.right, name)):
        return _of_sides([part.left, part.right]) or ("int" if isinstance(part.op, ARITHMETIC) else None)
    if isinstance(part, (ast.For, ast.comprehension)) and _is(part.iter, name):
        return "list"
    return None


def _of_sides(sides: list[ast.expr]) -> Kind | None:
    return next((kind for side in sides if (kind := _of_literal(side)) and kind != "list"), None)


def _is(part: ast.expr, name: str) -> bool:
    return isinstance(part, ast.Name) and part.id == name
