"""Arguments made up by type, where the model's own proposals do not run."""

import ast
import random
from collections.abc import Sequence
from typing import Any

from model_factory.curation.synthesis.kinds import Kind, kinds_of
from model_factory.curation.synthesis.pure import Function

WORDS = ("a", "b", "x", "ab", "abc", "key", "name", "value", "alpha", "Beta", "hello", "world", "data", "file.txt")
NUMERALS = ("12", "0x1f", "3.5", "a,b", "/tmp/x", " ", "")
INTS = (0, 1, 2, 3, 5, 7, 8, 10, 12, 16, 25, 42, 64, 100, 255, -1, -2, -7)
FLOATS = (0.0, 0.5, 1.0, 1.5, 2.25, -3.5, 10.0)
# Where nothing tells the type: tried in this order, all arguments alike.
FALLBACK: tuple[Kind, ...] = ("int", "str", "list", "dict", "bytes", "float")
ITEMS: tuple[Kind, ...] = ("int", "str")


def generate(function: Function, count: int, seed: int) -> list[tuple[Any, ...]]:
    """`count` argument tuples, a pure function of the function's source and the seed.

    Arguments with a default are given or left to it; tuples may repeat where there are few values.
    """
    made = _Values(function, seed)
    kinds = kinds_of(function.node)
    tuples = []
    for attempt in range(count):
        fallback = FALLBACK[attempt % len(FALLBACK)]
        taken = made.draw.randint(max(function.num_required, 1), len(kinds))
        tuples.append(tuple(made.value(kind or fallback) for kind in kinds[:taken]))
    return tuples


class _Values:
    """Random values by kind; half of the numbers and words are those that the function itself speaks of,
    since they are what its branches ask for."""

    def __init__(self, function: Function, seed: int) -> None:
        self.draw = random.Random(f"{seed}\0{function.source}")
        spoken = [part.value for part in ast.walk(function.node) if isinstance(part, ast.Constant)]
        self.own_ints = [value for value in spoken if type(value) is int and abs(value) <= 10**6]
        self.own_words = [value for value in spoken if type(value) is str and len(value) <= 24 and "\n" not in value]

    def value(self, kind: Kind) -> Any:
        match kind:
            case "int":
                return self._pick(INTS, self.own_ints)
            case "float":
                return self.draw.choice(FLOATS)
            case "bool":
                return self.draw.random() < 0.5
            case "str":
                return self._str()
            case "bytes":
                return self._str().encode()
            case "list":
                item = self.draw.choice(ITEMS)
                return [self.value(item) for _ in range(self.draw.randint(0, 4))]
            case "dict":
                return {self._word(): self._pick(INTS, self.own_ints) for _ in range(self.draw.randint(0, 3))}

    def _str(self) -> str:
        joint = self.draw.choice((" ", "", " ", "_", ","))
        return joint.join(self._word() for _ in range(self.draw.choice((1, 1, 1, 2, 3))))

    def _word(self) -> str:
        return self._pick(WORDS + NUMERALS, self.own_words)

    def _pick(self, common: Sequence[Any], own: Sequence[Any]) -> Any:
        return self.draw.choice(own if own and self.draw.random() < 0.5 else common)
