"""Functions as seeds, and functions read from answers."""

import ast
import warnings

from model_factory.curation.synthesis.pure import Function, pure_functions
from model_factory.curation.synthesis.recipes.recipe import Rejected, Seed, rank


def chosen(seed: Seed, max_chars: int, number: int, described: bool | None = None) -> Function | None:
    """One pure function of the document with a body of its own lines, drawn by `number`; None where there is none.

    `described` asks for functions with (True) or without (False) a docstring.
    """
    found = [
        function
        for function in pure_functions(seed.doc_id, seed.path, seed.text, max_chars)
        if head_lines(function) > 0
        and (described is None or (ast.get_docstring(function.node) is not None) == described)
    ]
    return min(found, key=lambda function: rank(number, function.source), default=None)


def head_lines(function: Function) -> int:
    """Lines before the body; 0 where the body stands on the same line."""
    return function.node.body[0].lineno - function.node.lineno


def read_function(text: str, name: str, max_chars: int) -> Function:
    """The one pure function that `text` consists of; Rejected says what else it is."""
    tree = parsed(text)
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.FunctionDef) or tree.body[0].name != name:
        raise Rejected("another program", f"not one function {name}")
    if len(text) > max_chars:
        raise Rejected("too long", f"{len(text)} characters")
    found = pure_functions("", "", text, max_chars)
    if not found or found[0].name != name:
        raise Rejected("not pure", "reads or does more than compute")
    return found[0]


def parsed(text: str) -> ast.Module:
    """The syntax of `text`; Rejected where it has none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Rejected("does not parse", str(error)) from None


def same_program(one: ast.AST, other: ast.AST) -> bool:
    """Whether two pieces of syntax do the same word for word, comments and white space aside."""
    return ast.dump(one) == ast.dump(other)
