"""The steps of the words → function family: what the words say, what Python says, what it computes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def _never(x: Ints, k: int) -> NDArray[np.bool_]:
    return np.zeros(x.shape, dtype=bool)


@dataclass(frozen=True)
class Operator:
    """One kind of step.

    `phrasings` are ways to say it and `source` is the line of Python that does it, with `{k}` where the
    constant stands; `constants` are the values it may take. `apply(x, k)` is what the line computes, on
    an array of inputs; `returns(x, k)` says for which of them the function ends there.
    """

    name: str
    phrasings: tuple[str, ...]
    source: str
    apply: Callable[[Ints, int], Ints]
    constants: range = range(1)
    returns: Callable[[Ints, int], NDArray[np.bool_]] = _never


@dataclass(frozen=True)
class Step:
    """An operator with its constant."""

    operator: Operator
    constant: int

    def line(self) -> str:
        return self.operator.source.format(k=self.constant)

    def say(self, phrasing: int) -> str:
        return self.operator.phrasings[phrasing].format(k=self.constant)


def run(steps: tuple[Step, ...], x: Ints) -> Ints:
    """The function's values on the inputs `x`: every step in turn, until one returns."""
    value, ended = x, np.zeros(x.shape, dtype=bool)
    for step in steps:
        stops = step.operator.returns(value, step.constant)
        value = np.where(ended, value, step.operator.apply(value, step.constant))
        ended = ended | stops
    return value


SMALL, LARGE = range(3, 13), range(1, 31)

OPERATORS = (
    Operator("add", ("add {k}", "plus {k}", "increase by {k}"), "x += {k}", lambda x, k: x + k, LARGE),
    Operator("subtract", ("subtract {k}", "minus {k}", "take away {k}"), "x -= {k}", lambda x, k: x - k, LARGE),
    Operator("subtract_from", ("subtract it from {k}", "{k} minus that"), "x = {k} - x", lambda x, k: k - x, LARGE),
    Operator("multiply", ("multiply by {k}", "times {k}"), "x *= {k}", lambda x, k: x * k, SMALL),
    Operator("divide", ("divide by {k}", "how many {k}s fit"), "x //= {k}", lambda x, k: x // k, SMALL),
    Operator("remainder", ("modulo {k}", "what {k} leaves over"), "x %= {k}", lambda x, k: x % k, SMALL),
    Operator("double", ("double it", "twice that"), "x *= 2", lambda x, k: x * 2),
    Operator("halve", ("halve it", "half of that"), "x //= 2", lambda x, k: x // 2),
    Operator("square", ("square it", "times itself"), "x *= x", lambda x, k: x * x),
    Operator("negate", ("negate it", "flip the sign"), "x = -x", lambda x, k: -x),
    Operator("absolute", ("absolute value", "drop the sign"), "x = abs(x)", lambda x, k: np.abs(x)),
    Operator(
        "distance", ("distance to {k}", "how far from {k}"), "x = abs(x - {k})", lambda x, k: np.abs(x - k), LARGE
    ),
    Operator("at_least", ("at least {k}", "no less than {k}"), "x = max(x, {k})", lambda x, k: np.maximum(x, k), LARGE),
    Operator("at_most", ("at most {k}", "cap at {k}"), "x = min(x, {k})", lambda x, k: np.minimum(x, k), LARGE),
    Operator(
        "add_if_odd",
        ("if odd add {k}", "odd ones get {k} more"),
        "if x % 2: x += {k}",
        lambda x, k: np.where(x % 2 == 1, x + k, x),
        LARGE,
    ),
    Operator(
        "halve_if_even",
        ("if even halve it", "even ones are halved"),
        "if x % 2 == 0: x //= 2",
        lambda x, k: np.where(x % 2 == 0, x // 2, x),
    ),
    Operator(
        "return_if_negative",
        ("if negative return {k}", "below zero stop with {k}"),
        "if x < 0: return {k}",
        lambda x, k: np.where(x < 0, k, x),
        LARGE,
        returns=lambda x, k: x < 0,
    ),
    Operator(
        "return_if_over",
        ("if over {k} return {k}", "above {k} stop with {k}"),
        "if x > {k}: return {k}",
        lambda x, k: np.where(x > k, k, x),
        LARGE,
        returns=lambda x, k: x > k,
    ),
)
