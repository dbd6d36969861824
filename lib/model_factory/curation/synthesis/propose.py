"""Arguments proposed by the current model: it continues a call of the function it has just read."""

import ast
import warnings
from collections.abc import Sequence
from typing import Any

from tokenizers import Tokenizer as Encoder

from model_factory.blender.tokenizer import END
from model_factory.cards.sft_data import SftData
from model_factory.curation.synthesis.pure import Function
from model_factory.nouns.engine import Engine, Sampling

# Larger numbers make programs that only wait.
MAX_NUMBER = 10**6


def propose(
    section: SftData, functions: Sequence[Function], engine: Engine, encoder: Encoder, context_length: int
) -> list[list[tuple[Any, ...]]]:
    """For every function the argument tuples that could be read from the model's completions, in the
    engine's order; none where the prompt leaves no room in the context."""
    prompts = [encoder.encode(prompt_of(function), add_special_tokens=False).ids for function in functions]
    room = context_length - section.max_new_tokens
    asked = [place for place, prompt in enumerate(prompts) if len(prompt) <= room]
    end = encoder.token_to_id(END)
    stops = () if end is None else (end,)
    sampling = Sampling(section.temperature, section.max_new_tokens, section.seed, stops, section.num_proposals)
    proposals: list[list[tuple[Any, ...]]] = [[] for _ in functions]
    for completed in engine.generate([prompts[place] for place in asked], sampling) if asked else []:
        place = asked[completed.prompt_index]
        found = read_arguments(encoder.decode(list(completed.token_ids)))
        if found is not None and fits(functions[place], found):
            proposals[place].append(found)
    return proposals


def prompt_of(function: Function) -> str:
    return f"{function.source}\n\nassert {function.name}("


def read_arguments(completion: str) -> tuple[Any, ...] | None:
    """The literal arguments before the first parenthesis that closes the call; None if there are none such."""
    for end, letter in enumerate(completion):
        if letter == ")":
            found = _parse(completion[:end])
            if found is not None:
                return found
    return None


def fits(function: Function, arguments: tuple[Any, ...]) -> bool:
    """Whether a function takes that many arguments and they are small."""
    few_enough = max(function.num_required, 1) <= len(arguments) <= len(function.arguments)
    return few_enough and all(_is_small(argument) for argument in arguments)


def _parse(text: str) -> tuple[Any, ...] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call = ast.parse(f"f({text})", mode="eval").body
            if not isinstance(call, ast.Call) or call.keywords or ast.unparse(call.func) != "f":
                return None
            return tuple(ast.literal_eval(argument) for argument in call.args)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None


def _is_small(value: Any) -> bool:
    """No sets (their order is the interpreter's), no complex numbers, no infinities, nothing huge."""
    if isinstance(value, (list, tuple)):
        return all(_is_small(item) for item in value)
    if isinstance(value, dict):
        return all(_is_small(item) for pair in value.items() for item in pair)
    if isinstance(value, (int, float)):
        return abs(value) <= MAX_NUMBER
    return value is None or isinstance(value, (str, bytes))
