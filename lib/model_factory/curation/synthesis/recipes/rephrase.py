"""A paragraph in other words (Maini et al. 2024, arXiv 2401.16380).

Nothing can prove that the meaning is the same. What is proved is that the answer is a whole paragraph of like length,
in words of its own, and that it invents no number and no quotation.
"""

import re

from model_factory.curation.synthesis.recipes.recipe import Ask, Draft, Recipe, Rejected, Seed, Settings, rank
from model_factory.curation.vocabulary import words_in

ASKED = "In other words:"
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_QUOTATION = re.compile(r'"[^"]+"|“[^”]+”|`[^`]+`')
_END = re.compile(r"[.!?…][\"'”’)]*$")


def _ask(seed: Seed, settings: Settings, number: int) -> Ask | None:
    paragraphs = [paragraph.strip() for paragraph in re.split(r"\n\s*\n", seed.text)]
    fitting = [one for one in paragraphs if settings["min_chars"] <= len(one) <= settings["max_chars"]]
    passage = min(fitting, key=lambda one: rank(number, one), default=None)
    return Ask(f"{passage}\n\n{ASKED}\n\n", passage) if passage else None


def _read(ask: Ask, answer: str, settings: Settings, number: int) -> Draft:
    told = re.split(r"\n\s*\n", answer.strip())[0].strip()
    if not _END.search(told):
        raise Rejected("does not end", told[-40:])
    ratio = len(told) / len(ask.about)
    if not settings["min_ratio"] <= ratio <= settings["max_ratio"]:
        raise Rejected("too short or too long", f"{ratio:.2f} of the passage")
    copied = _copied(ask.about, told, settings["ngram"])
    if copied > settings["max_overlap"]:
        raise Rejected("copies its seed", f"{copied:.2f} of its {settings['ngram']}-grams")
    for kind, pattern in (("number", _NUMBER), ("quotation", _QUOTATION)):
        invented = set(pattern.findall(told)) - set(pattern.findall(ask.about))
        if invented:
            raise Rejected(f"invents a {kind}", sorted(invented)[0])
    return Draft(ask.prompt, f"{told}\n", f"{told}\n")


def _copied(passage: str, told: str, ngram: int) -> float:
    """The share of the answer's n-grams that the passage has; an answer of fewer words counts as one."""

    def grams(text: str) -> list[tuple[str, ...]]:
        words = words_in(text)
        return [tuple(words[start : start + ngram]) for start in range(max(1, len(words) - ngram + 1))]

    held, own = set(grams(passage)), grams(told)
    return sum(gram in held for gram in own) / len(own)


RECIPE = Recipe("1", "text", ("min_chars", "max_chars", "min_ratio", "max_ratio", "ngram", "max_overlap"), _ask, _read)
