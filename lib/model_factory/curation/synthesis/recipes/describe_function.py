"""A function described in words: a row that asks for the function by its description.

Instruction backtranslation (Li et al. 2023, arXiv 2308.06259): the answer is human text, only the instruction is made.
The proof is by parsing: with the description as docstring the function is the same program.
"""

import ast
import re

from model_factory.curation.synthesis.recipes.functions import chosen, head_lines, parsed, same_program
from model_factory.curation.synthesis.recipes.recipe import Ask, Draft, Recipe, Rejected, Seed, Settings
from model_factory.curation.vocabulary import words_in

QUOTES = '"""'


def _ask(seed: Seed, settings: Settings, number: int) -> Ask | None:
    function = chosen(seed, settings["max_function_chars"], number, described=False)
    return Ask(f"{function.source}\n\n{function.name}.__doc__ = {QUOTES}", function) if function else None


def _read(ask: Ask, answer: str, settings: Settings, number: int) -> Draft:
    told, ended, _ = answer.partition(QUOTES)
    if not ended:
        raise Rejected("does not end", f"{len(answer)} characters")
    told = " ".join(told.split())
    words = words_in(told)
    if not settings["min_words"] <= len(words) <= settings["max_words"]:
        raise Rejected("too short or too long", f"{len(words)} words")
    function = ask.about
    own = {argument.arg for argument in function.arguments} | set(re.split(r"_+|(?<=[a-z])(?=[A-Z])", function.name))
    if not {word.lower() for word in own if word} & set(words):
        raise Rejected("speaks of something else", "names no argument and no word of the function's name")
    documented = _documented(function.source, head_lines(function), told)
    node = parsed(documented).body[0]
    described = isinstance(node, ast.FunctionDef) and ast.get_docstring(node, clean=False) == told
    if not described or not same_program(_without_docstring(node), function.node):
        raise Rejected("changes the program", told[:80])
    return Draft(f"# {told}\n", f"{function.source}\n", f"{documented}\n")


def _documented(source: str, head: int, told: str) -> str:
    lines = source.split("\n")
    # The first line of the body may follow comments: any indented line says how deep it is.
    indent = next(line[: len(line) - len(line.lstrip())] for line in lines[head:] if line.strip())
    return "\n".join([*lines[:head], f"{indent}{QUOTES}{told}{QUOTES}", *lines[head:]])


def _without_docstring(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.FunctionDef):
        node.body = node.body[1:]
    return node


RECIPE = Recipe("1", "python", ("max_function_chars", "min_words", "max_words"), _ask, _read)
