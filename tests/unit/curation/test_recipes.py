"""Rows made to fill gaps: proved ones are kept with their recipe, all others are scrapped for what is wrong."""

import ast
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import polars as pl
import pytest

from model_factory import lake
from model_factory.blender.tokenizer import load_encoder, train_tokenizer
from model_factory.cards.card import Card
from model_factory.cards.errors import CardError
from model_factory.cards.limits import Limits
from model_factory.cards.parse import parse
from model_factory.cards.synthesis import Synthesis
from model_factory.curation.synthesis.fill import fill
from model_factory.curation.synthesis.orders import load_recipes, orders
from model_factory.curation.synthesis.pure import pure_functions
from model_factory.curation.synthesis.recipes import continue_function, describe_function, rephrase
from model_factory.curation.synthesis.recipes.recipe import Draft, Rejected, Seed, rank
from model_factory.inference.transformers_engine import TransformersEngine
from model_factory.model import Transformer
from model_factory.nouns import Architecture, Checkpoint, Mesh
from model_factory.nouns.home import checkout
from model_factory.sandbox import execute

CONTINUE = {"max_function_chars": 400, "given_fraction": 0.5, "num_calls": 24, "min_results": 2, "max_result_chars": 80}
DESCRIBE = {"max_function_chars": 300, "min_words": 4, "max_words": 20}
REPHRASE = {"min_chars": 80, "max_chars": 600, "min_ratio": 0.4, "max_ratio": 1.6, "ngram": 4, "max_overlap": 0.3}
LIMITS = Limits(30.0, 1.0, 1 << 28, 1 << 16, 1 << 20, 8)
SECTION = Synthesis(17, "", {"continue_function": CONTINUE}, 12, 24, 8, 0.8, 120, LIMITS)
MODULES = ["colorsys.py", "textwrap.py", "statistics.py", "calendar.py", "string.py", "shlex.py", "difflib.py"]


@pytest.fixture
def world(stdlib, lineage):
    """Real modules of one category, a gap of twenty documents, and a checkpoint that has a tokenizer and no weights."""
    python = (pl.col("language") == "python") & pl.col("path").str.contains(r"^[a-z]+\.py$|^(json|email|encodings)/")
    rows = stdlib.filter(python & (pl.col("text").str.len_bytes() < 60000)).select("doc_id", "path", "language", "text")
    rows = rows.with_columns(source=pl.lit("web"))
    documents = lake.write("curated.documents", rows.to_arrow(), lineage("curate"))
    placed = rows.select("doc_id", "language", "source", coarse=pl.lit(0, dtype=pl.Int64))
    categories = lake.write("categories.documents", placed.to_arrow(), lineage("categories"))
    lacking = pl.DataFrame(
        {
            "language": ["python", "python", "python", "cobol"],
            "source": ["web", "books", "mail", "web"],
            "coarse": [0, 0, 1, 0],
            "category": ["modules", "modules", "none", "modules"],
            "missing": [5, 15, 0, 9],
        }
    )
    gaps = lake.write("categories.gaps", lacking.to_arrow(), lineage("categories"))
    laptop = parse(Card.read(checkout() / "configs" / "laptop.md")).tokenize
    few = lake.write("few.documents", rows.filter(pl.col("path").is_in(MODULES)).to_arrow(), lineage("curate"))
    tokenizer = train_tokenizer(replace(laptop, vocab_size=512, heldout_fraction=0.0), few, lineage("tokenize"))
    shape = Architecture(512, 1, 32, 2, 2, 64, 1e4, 1e-5, 512, True)
    base = Checkpoint("", "pretrain", 0, 0, "d" * 64, Mesh(1, 1), shape, tokenizer.uri, lineage("pretrain"))
    return documents, categories, gaps, base


BEHAVIOURS = ("good", "copy", "broken", "impure", "endless", "other")


class Scripted:
    """Continues a function of the corpus in one of six ways, by the prompt; may die before a call."""

    def __init__(self, documents, checkpoint, dies_at=None):
        self.encoder, self.dies_at, self.asked, self.calls = load_encoder(checkpoint.tokenizer), dies_at, [], 0
        rows = lake.read(documents).to_pylist()
        self.sources = [f.source for row in rows for f in pure_functions(row["doc_id"], "", row["text"], 400)]

    def generate(self, prompts, sampling):
        if self.calls == self.dies_at:
            raise KeyboardInterrupt
        self.calls += 1
        for index, prompt in enumerate(prompts):
            text = self.encoder.decode(list(prompt))
            self.asked.append(text)
            answer = self.answer(text, BEHAVIOURS[rank(text)[0] % len(BEHAVIOURS)])
            yield SimpleNamespace(prompt_index=index, token_ids=self.encoder.encode(answer).ids)

    def answer(self, prompt, behaviour):
        rest = next(source for source in self.sources if source.startswith(prompt)).removeprefix(prompt)
        head, found, tail = rest.rpartition("return ")
        return {
            "good": f"{head}{found}1, {tail}" if found else rest,
            "copy": f"{rest}\nprint('and more')\n",
            "broken": f"{rest}\n    return (",
            "impure": f"{rest}\n    import os",
            "endless": f"{head}return max(iter(int, 1)), {tail}",
            "other": f"{rest}\n    def inner(x): return x",
        }[behaviour]


def _fill(world, lineage, section=SECTION, engine=None):
    documents, categories, gaps, base = world
    engine = engine or Scripted(documents, base)
    made = fill(section, documents, categories, gaps, base, lineage("synthesis"), engine, execute)
    return pl.DataFrame(lake.read(made)), pl.DataFrame(lake.read(lake.head("synthesis.scrap"))), engine, made


def test_rows_are_proved_and_marked_and_the_rest_is_scrapped_with_its_reason(world, lineage):
    rows, scrap, engine, _ = _fill(world, lineage)
    assert 4 <= len(rows) <= 12
    for row in rows.iter_rows(named=True):
        assert row["text"] == row["prompt"] + row["answer"]
        assert "\nassert " in row["text"]
        exec(compile(row["text"], "row", "exec"), {})
        assert (row["recipe"], row["version"], row["verified"], row["synthetic"]) == (
            "continue_function",
            "1",
            "executed",
            True,
        )
        assert row["checkpoint"] == "d" * 64
    assert set(rows["doc_id"]) <= set(lake.read(world[0])["doc_id"].to_pylist())
    assert rows["row_id"].n_unique() == rows["text"].n_unique() == len(rows)
    reasons = Counter(scrap["reason"])
    assert {"copies its seed", "does not parse", "not pure"} <= set(reasons)
    # Every prompt is a row or has a reason; what was asked twice or more than wanted is neither.
    answered = scrap.filter(pl.col("prompt") != "")
    assert len(answered) + len(rows) <= len(engine.asked)
    assert answered.filter(pl.col("reason") == "does not parse")["detail"].str.len_chars().min() > 0
    # Both sources that lack documents get some: five of twenty, fifteen of twenty.
    assert set(rows["source"]) == {"web", "books"}
    assert rows.filter(pl.col("source") == "web").height <= 3


def test_nothing_is_asked_twice(world, lineage):
    _, _, first, made = _fill(world, lineage)
    _, _, again, same = _fill(world, lineage)
    assert first.asked
    assert not again.asked
    assert same.digest == made.digest
    _, _, more, _ = _fill(world, lineage, replace(SECTION, max_rows=20))
    assert not set(more.asked) & set(first.asked)
    _, _, other, _ = _fill(world, lineage, replace(SECTION, seed=18))
    assert other.asked


def test_a_stopped_run_goes_on_and_ends_with_the_same_rows(world, lineage):
    documents, _, _, base = world
    stopped = Scripted(documents, base, dies_at=2)
    with pytest.raises(KeyboardInterrupt):
        _fill(world, lineage, engine=stopped)
    assert lake.catalog().load_table("synthesis.attempts").scan().to_arrow().num_rows == 16
    rows, _, resumed, made = _fill(world, lineage)
    assert not set(resumed.asked) & set(stopped.asked)
    assert len(rows) > 0
    lake.catalog().drop_table("synthesis.attempts")
    _, _, whole, through = _fill(world, lineage)
    assert through.digest == made.digest
    assert sorted(whole.asked) == sorted(stopped.asked + resumed.asked)


def test_an_untrained_model_fills_nothing_and_every_attempt_is_accounted_for(world, lineage):
    engine = TransformersEngine()
    engine.take(Transformer(world[3].model))
    section = replace(SECTION, max_rows=4, max_attempts=4, max_new_tokens=12)
    rows, scrap, _, made = _fill(world, lineage, section, engine)
    assert rows.is_empty()
    attempts = lake.catalog().load_table("synthesis.attempts").scan().to_arrow()
    assert len(scrap) == attempts.num_rows == 16
    assert (scrap["reason"] != "").all()
    assert _fill(world, lineage, section, engine)[3].digest == made.digest


def test_orders_are_what_the_gaps_lack():
    gaps = pl.DataFrame(
        {
            "language": ["python", "python", "text", "cobol"],
            "source": ["a", "b", "a", "a"],
            "coarse": [0, 0, 1, 2],
            "category": ["x", "x", "y", "z"],
            "missing": [30, 10, 20, 40],
        }
    )
    recipes = {"continue_function": CONTINUE, "describe_function": DESCRIBE, "rephrase": REPHRASE}
    made = {(one.name, one.category): dict(one.wanted) for one in orders(recipes, gaps, 12)}
    assert made == {
        ("continue_function", "x"): {"a": 3, "b": 1},
        ("describe_function", "x"): {"a": 3, "b": 1},
        ("rephrase", "y"): {"a": 4},
    }
    assert sum(one.num_wanted for one in orders(recipes, gaps, 1000)) == 60
    assert orders({"rephrase": REPHRASE}, gaps.filter(pl.col("language") == "cobol"), 12) == []


@pytest.mark.parametrize(
    ("recipes", "message"),
    [
        ({"continue": CONTINUE}, "synthesis.recipes: 'continue' is not in the registry"),
        (
            {"rephrase": REPHRASE | {"ngrams": 3}},
            "synthesis.recipes.rephrase.ngrams: no such setting; did you mean 'ngram'?",
        ),
        ({"rephrase": {"ngram": 3}}, "synthesis.recipes.rephrase.min_chars: None is no number of 0 or more"),
    ],
)
def test_recipes_that_a_card_gets_wrong(recipes, message):
    with pytest.raises(CardError) as refused:
        load_recipes(recipes)
    assert message in str(refused.value)


CLAMP = """\
def clamp(x, low=0, high=9):
    # between two bounds
    if x < low:
        return low
    return min(x, high)"""


def _answered(recipe, text, settings, answer):
    """The draft that `recipe` makes of `answer`, executed where it asks for it; or why there is none."""
    ask = recipe.RECIPE.ask(Seed("d", "p.py", text), settings, 17)
    assert ask is not None
    try:
        draft = recipe.RECIPE.read(ask, answer, settings, 17)
        if recipe.RECIPE.finish:
            draft = recipe.RECIPE.finish(draft, execute([draft.program], LIMITS)[0], settings)
    except Rejected as why:
        return why.reason
    return draft


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("        return low\n    return min(x + 1, high)\n", Draft),
        ("        return low\n    return min(x, high)\n\nclamp(3)\n", "copies its seed"),
        ("        return low\n    return min(x,\n", "does not parse"),
        ("        return low\n    import sys\n    return sys\n", "not pure"),
        ("        return low\n    return open(x)\n", "not pure"),
        ("        return 4\n    return 4\n", "returns too little"),
        ("        return [][0]\n    return [][1]\n", "returns too little"),
        ("        return low\n" + "    x = x + 1\n" * 60 + "    return x\n", "too long"),
        ("return x", "does not parse"),
    ],
)
def test_a_continued_function_must_parse_compute_and_run(answer, outcome):
    found = _answered(continue_function, CLAMP, CONTINUE | {"given_fraction": 0.6}, answer)
    if outcome is Draft:
        exec(found.text, {})
        assert found.text.startswith(CLAMP[: CLAMP.index("        return low")])
        assert found.text.count("\nassert clamp(") > 2
    else:
        assert found == outcome


@pytest.mark.parametrize("answer", ["", "\n\n", "    # nothing more\n", "print(1)"])
def test_an_answer_that_adds_nothing_is_no_row(answer):
    text = "def f(x):\n    if x:\n        return 1\n    y = x + 1\n    return y"
    assert _answered(continue_function, text, CONTINUE | {"given_fraction": 0.6}, answer) == "adds nothing"


def test_a_function_that_ends_the_interpreter_does_not_run():
    text = "def f(n):\n    x = [n]\n    return x"
    answer = "    x = [n]\n    while True:\n        x = x + x\n    return x\n"
    limits = replace(LIMITS, memory_bytes=1 << 27)
    ask = continue_function.RECIPE.ask(Seed("d", "p.py", text), CONTINUE, 17)
    draft = continue_function.RECIPE.read(ask, answer, CONTINUE, 17)
    with pytest.raises(Rejected, match=r"does not run|returns too little"):
        continue_function.RECIPE.finish(draft, execute([draft.program], limits)[0], CONTINUE)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ('Brings x between the two bounds low and high."""\n', Draft),
        ("Brings x between the two bounds low and high.\n", "does not end"),
        ('x."""', "too short or too long"),
        ('Opens a window on the screen."""', "speaks of something else"),
        ('Brings x below \\N high."""', "does not parse"),
        ('Brings x between \\n low and high."""', "changes the program"),
    ],
)
def test_a_described_function_must_stay_the_same_program(answer, outcome):
    found = _answered(describe_function, CLAMP, DESCRIBE, answer)
    if outcome is Draft:
        assert found.prompt == "# Brings x between the two bounds low and high.\n"
        assert found.answer == CLAMP + "\n"
        assert ast.get_docstring(ast.parse(found.text).body[0]) == "Brings x between the two bounds low and high."
        documented, plain = {}, {}
        exec(found.text, documented)
        exec(CLAMP, plain)
        assert [documented["clamp"](x) for x in range(-3, 12)] == [plain["clamp"](x) for x in range(-3, 12)]
    else:
        assert found == outcome


PASSAGE = 'The cache holds at most 128 entries. When it is full, the "oldest" entry makes room for the new one.'
TOLD = 'No more than 128 items fit in. A newcomer pushes out whichever has been there longest, the "oldest".'


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (f"{TOLD}\n\nThe next paragraph is not read", Draft),
        (PASSAGE, "copies its seed"),
        (TOLD[:-1], "does not end"),
        (TOLD[:30] + ".", "too short or too long"),
        (TOLD.replace("128", "256"), "invents a number"),
        (TOLD.replace("oldest", "eldest"), "invents a quotation"),
        ("", "does not end"),
    ],
)
def test_a_rephrased_paragraph_has_its_own_words_and_no_facts_of_its_own(answer, outcome):
    found = _answered(rephrase, f"Heading\n\n{PASSAGE}\n\nshort", REPHRASE, answer)
    if outcome is Draft:
        assert found.text == f"{TOLD}\n"
        assert found.prompt.startswith(PASSAGE)
    else:
        assert found == outcome


def test_documents_with_nothing_to_ask_about():
    silent = Seed("d", "p.py", "x = 1\n")
    assert continue_function.RECIPE.ask(silent, CONTINUE, 1) is None
    assert describe_function.RECIPE.ask(Seed("d", "p", 'def f(x):\n    """Said."""\n    return x'), DESCRIBE, 1) is None
    assert rephrase.RECIPE.ask(silent, REPHRASE, 1) is None
