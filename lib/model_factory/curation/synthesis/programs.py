"""One sandboxed program per function: it runs every call and prints what came out."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from model_factory.cards.limits import Limits
from model_factory.nouns.program import Execution, Program

# The sandbox comes in as a callable: rooms of one level do not import each other.
Execute = Callable[[Sequence[Program], Limits], Sequence[Execution]]

# Lines that one call may run: unlike seconds the same on every machine.
MAX_STEPS = 20_000

# Every call gets a fresh definition, so that a mutable default remembers nothing. A result counts if its
# repr reads back as an equal value and shows no address.
HARNESS = """\
import ast, json, re, sys

class TooLong(BaseException):
    pass

def plain(value):
    if type(value) in (list, tuple):
        return all(map(plain, value))
    if type(value) is dict:
        return all(map(plain, value)) and all(map(plain, value.values()))
    return value is None or type(value) in (bool, int, float, str, bytes)

def result_of(call):
    left = MAX_STEPS

    def step(frame, event, argument):
        nonlocal left
        left -= 1
        if left < 0:
            raise TooLong
        return step

    scope = {}
    exec(code, scope)
    sys.settrace(step)
    try:
        value = eval(call, scope)
    finally:
        sys.settrace(None)
    text = repr(value)
    if plain(value) and ast.literal_eval(text) == value and not re.search(" at 0x[0-9a-f]", text):
        return text

code = compile(SOURCE, "<function>", "exec")
for number, call in enumerate(CALLS):
    try:
        result = result_of(call)
    except (Exception, TooLong):
        result = None
    if result is not None and len(result) <= MAX_CHARS:
        print(json.dumps([number, result]))
"""


def program_of(source: str, calls: Sequence[str], max_chars: int) -> Program:
    """The program that runs `calls` ("f(1, 2)") of the function in `source`."""
    constants = {"SOURCE": source, "CALLS": list(calls), "MAX_CHARS": max_chars, "MAX_STEPS": MAX_STEPS}
    return Program("".join(f"{name} = {value!r}\n" for name, value in constants.items()) + HARNESS)


def results_of(executed: Execution) -> dict[int, str]:
    """Number of a call → repr of its result. Nothing where the program did not end by itself: how far it
    came within its seconds is not the same everywhere."""
    if executed.status != "ok":
        return {}
    pairs: list[list[Any]] = [json.loads(line) for line in executed.stdout.splitlines()]
    return dict((int(number), str(result)) for number, result in pairs)


def call_of(name: str, arguments: tuple[Any, ...]) -> str:
    return f"{name}({', '.join(map(repr, arguments))})"
