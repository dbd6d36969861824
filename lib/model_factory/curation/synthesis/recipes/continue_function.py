"""A function's beginning, continued: kept if it parses, only computes, is a new one, and runs.

The new document is the function with what its calls really return, as assertions.
"""

import ast

from model_factory.curation.synthesis.generate import generate
from model_factory.curation.synthesis.programs import call_of, program_of, results_of
from model_factory.curation.synthesis.recipes.functions import chosen, head_lines, parsed, read_function, same_program
from model_factory.curation.synthesis.recipes.recipe import Ask, Draft, Recipe, Rejected, Seed, Settings
from model_factory.nouns.program import Execution


def _ask(seed: Seed, settings: Settings, number: int) -> Ask | None:
    function = chosen(seed, settings["max_function_chars"], number)
    if function is None:
        return None
    lines = function.source.split("\n")
    given = max(head_lines(function), int(len(lines) * settings["given_fraction"]))
    return Ask("\n".join(lines[:given]) + "\n", function) if given < len(lines) else None


def _read(ask: Ask, answer: str, settings: Settings, number: int) -> Draft:
    source = _first_function(ask.prompt, answer)
    function = read_function(source, ask.about.name, settings["max_function_chars"])
    if same_program(function.node, ask.about.node):
        raise Rejected("copies its seed")
    if ask.about.source.startswith(source) or _is_whole(ask.prompt, function.node):
        raise Rejected("adds nothing")
    made = generate(function, settings["num_calls"], number)
    calls = tuple(dict.fromkeys(call_of(function.name, arguments) for arguments in made))
    program = program_of(source, calls, settings["max_result_chars"])
    return Draft(ask.prompt, source.removeprefix(ask.prompt), source, program, calls)


def _is_whole(prompt: str, node: ast.AST) -> bool:
    """Whether the beginning alone is that program: what was added says nothing (a comment, white space)."""
    try:
        return same_program(parsed(prompt).body[0], node)
    except Rejected:
        return False


def _finish(draft: Draft, executed: Execution, settings: Settings) -> Draft:
    if executed.status != "ok":
        raise Rejected("does not run", executed.status)
    results = results_of(executed)
    if len(set(results.values())) < settings["min_results"]:
        raise Rejected(
            "returns too little", f"{len(set(results.values()))} distinct results of {len(draft.calls)} calls"
        )
    checks = [f"assert {draft.calls[number]} == {result}" for number, result in sorted(results.items())]
    text = "\n".join([draft.text, "", "", *checks, ""])
    return Draft(draft.prompt, text.removeprefix(draft.prompt), text)


def _first_function(prompt: str, answer: str) -> str:
    """The function up to the first line of the answer that stands outside of it."""
    kept: list[str] = []
    for line in answer.split("\n"):
        if line.strip() and not line.startswith((" ", "\t")):
            break
        kept.append(line)
    return (prompt + "\n".join(kept)).rstrip()


RECIPE = Recipe(
    "1",
    "python",
    ("max_function_chars", "given_fraction", "num_calls", "min_results", "max_result_chars"),
    _ask,
    _read,
    _finish,
)
