import ast
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import polars as pl
import pytest

from model_factory import lake, weights
from model_factory.blender.tokenizer import END, load_encoder, train_tokenizer
from model_factory.cards.errors import CardError
from model_factory.cards.limits import Limits
from model_factory.cards.sft_data import SftData
from model_factory.cards.tokenize import Tokenize
from model_factory.curation.synthesis import execute_functions
from model_factory.curation.synthesis.generate import generate
from model_factory.curation.synthesis.kinds import kinds_of
from model_factory.curation.synthesis.propose import fits, read_arguments
from model_factory.curation.synthesis.pure import pure_functions
from model_factory.inference.transformers_engine import TransformersEngine
from model_factory.model import Transformer
from model_factory.nouns import Architecture, Checkpoint, Mesh
from model_factory.nouns.home import room
from model_factory.sandbox import execute

LIMITS = Limits(10.0, 5.0, 1 << 28, 1 << 16, 1 << 20, 8)
SECTION = SftData(17, "", 40, 600, 6, 4, 0.8, 24, 80, LIMITS)


def _functions(text, max_chars=600):
    return {found.name: found for found in pure_functions("d", "p.py", text, max_chars)}


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n    return x + 1",
        "def f(s, sep=','):\n    parts = s.split(sep)\n    return [p.strip() for p in parts if p]",
        "def f(n):\n    return 1 if n < 2 else n * f(n - 1)",
        "class A:\n    def g(self):\n        def f(x):\n            return abs(x)\n        return f",
        "def f(x):\n    try:\n        return int(x)\n    except ValueError as error:\n        return str(error)",
        "def f(d):\n    def inner(v):\n        return v * 2\n    return {k: inner(v) for k, v in d.items()}",
    ],
)
def test_functions_that_only_compute_are_found(text):
    assert "f" in _functions(text)


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n    return os.path.join(x)",
        "def f(x):\n    import os\n    return x",
        "def f(x):\n    return open(x).read()",
        "def f(x):\n    return x.__class__",
        "def f(x):\n    x.attribute = 1\n    return x",
        "def f(x):\n    global y\n    y = x\n    return y",
        "def f(x):\n    return hash(x)",
        "def f(x):\n    return list(set(x))",
        "def f(x):\n    return {y for y in x}",
        "def f(x):\n    yield x",
        "def f(x):\n    print(x)\n    return x",
        "def f(x):\n    x.append(1)",
        "def f(x):\n    return 3",
        "def f():\n    return 3",
        "def f(self):\n    return self",
        "def f(*xs):\n    return xs",
        "@cache\ndef f(x):\n    return x",
        "async def f(x):\n    return x",
        "def f(x, y=LIMIT):\n    return x + y",
        "def f(x):\n    return x.connect()",
        "def f(x):\n    return '" + "long" * 200 + "' + x",
        "def f(x:\n    return",
    ],
)
def test_functions_that_may_do_more_are_left_alone(text):
    assert "f" not in _functions(text)


@pytest.mark.parametrize(
    ("completion", "arguments"),
    [
        ("3, 4) == 7", (3, 4)),
        ("'a)b', [1, (2, 3)]) == 1", ("a)b", [1, (2, 3)])),
        ("-1, {'k': None}, b'x', True)", (-1, {"k": None}, b"x", True)),
        ("x) == 1", None),
        ("open('x'))", None),
        ("1, *[2])", None),
        ("key=1)", None),
        ("1, 2", None),
        ("1)(2)", (1,)),
        ("\ud800", None),
    ],
)
def test_only_literal_arguments_are_read(completion, arguments):
    assert read_arguments(completion) == arguments


def test_arguments_must_fit_the_function():
    function = _functions("def f(a, b=1):\n    return a, b")["f"]
    accepted = [(1,), (1, "x")]
    refused = [(), (1, 2, 3), (10**9,), (float("inf"),), ({1},), (1j,), ([10**9],)]
    assert all(fits(function, arguments) for arguments in accepted)
    assert not any(fits(function, arguments) for arguments in refused)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("def f(q: str, r: list[int], t: int | None):\n    return q", ["str", "list", "int"]),
        ("def f(q, r=0, t='x'):\n    return q.upper()", ["str", "int", "str"]),
        ("def f(q, r):\n    return q.items(), r * 2", ["dict", "int"]),
        ("def f(q, r):\n    return [x for x in q] if r == 'a' else r", ["list", "str"]),
        ("def f(text, n, obj):\n    return obj", ["str", "int", None]),
    ],
)
def test_kinds_are_told_by_annotation_default_use_and_name(text, kinds):
    assert kinds_of(_functions(text)["f"].node) == kinds


def test_generated_arguments_are_typed_and_repeatable():
    function = _functions("def f(s: str, n=3):\n    return s * n if s != 'special' else 77")["f"]
    made = generate(function, 200, seed=1)
    assert made == generate(function, 200, seed=1)
    assert made != generate(function, 200, seed=2)
    assert all(isinstance(arguments[0], str) for arguments in made)
    assert {len(arguments) for arguments in made} == {1, 2}
    # The function's own constants are what its branches ask for.
    assert any(arguments[0] == "special" for arguments in made)
    assert any(77 in arguments for arguments in made)


@pytest.fixture
def corpus(stdlib, lineage):
    """Curated documents of real modules, some functions with traps, and a checkpoint's tokenizer."""
    traps = """
def remember(x, seen=[]):
    seen.append(x)
    return len(seen)

def forever(n):
    while True:
        n += 1
    return n

def unknowable(x):
    return object(), x

def address(x):
    return str(object()) + str(x)

def not_a_number(x):
    return float("nan") * x

def swallow(x):
    while True:
        try:
            x = x + 1
        except Exception:
            return x
"""
    modules = stdlib.filter(
        pl.col("path").is_in(["colorsys.py", "operator.py", "textwrap.py", "datetime.py", "enum.py"])
    )
    rows = pl.concat([modules.select("doc_id", "path", "language", "text"), _document("traps.py", traps)])
    documents = lake.write("curated.documents", rows.to_arrow(), lineage("curate"))
    tokenizer = train_tokenizer(Tokenize(17, "", 512, 2, 256, 1, 0.0), documents, lineage("tokenize"))
    shape = Architecture(512, 2, 64, 2, 2, 64, 1e4, 1e-5, 256, True)
    state, folder = Transformer(shape).state_dict(), room("checkpoints") / "pretrain" / "step-000000"
    weights.save(folder, {"model": state}, marker={})
    digest = weights.digest_of_state(state)
    made = Checkpoint(str(folder), "pretrain", 0, 0, digest, Mesh(1, 1), shape, tokenizer.uri, lineage("pretrain"))
    return documents, made


def _document(path, text):
    return pl.DataFrame({"doc_id": [path], "path": [path], "language": ["python"], "text": [text]})


class Scripted:
    """Answers that a small model might give, the same for every prompt: good, unreadable, unsuitable."""

    answers = ("2, 3) == 5\n", "'ab') == 1\n", "x) ==", "7")

    def __init__(self, tokenizer):
        self.encoder = load_encoder(tokenizer)
        self.asked = []

    def generate(self, prompts, sampling):
        self.asked.append((len(prompts), sampling))
        answers = [self.encoder.encode(answer).ids for answer in self.answers]
        return [SimpleNamespace(prompt_index=i, token_ids=ids) for i in range(len(prompts)) for ids in answers]


@pytest.fixture
def made(corpus, lineage):
    documents, checkpoint = corpus
    engine = Scripted(checkpoint.tokenizer)
    snapshot = execute_functions(SECTION, documents, checkpoint, lineage("sft_data"), engine, execute)
    return snapshot, lake.read(snapshot).to_pylist(), engine, corpus


def test_every_row_is_a_true_assertion_made_in_the_sandbox(made, lineage):
    snapshot, rows, engine, (documents, checkpoint) = made
    assert len(rows) > 40
    for row in rows:
        assert row["prompt"] == f"{row['source']}\n\nassert {row['call']} == "
        exec(row["prompt"] + row["answer"], {})
        assert ast.literal_eval(row["result"]) == ast.literal_eval(row["answer"])
        assert len(row["result"]) <= SECTION.max_result_chars
    counts = Counter(row["provenance"] for row in rows)
    assert counts["model"] >= 5
    assert counts["generator"] >= 20
    assert max(Counter(row["source"] for row in rows).values()) <= SECTION.num_inputs
    assert len({row["call"] + row["source"] for row in rows}) == len(rows)
    encoder = load_encoder(checkpoint.tokenizer)
    longest = max(len(encoder.encode(row["prompt"] + row["answer"]).ids) for row in rows)
    assert longest < checkpoint.model.context_length
    (number, sampling), *again = engine.asked
    assert not again
    assert number <= SECTION.max_functions
    assert (sampling.temperature, sampling.max_new_tokens, sampling.num_samples) == (0.8, 24, 4)
    assert sampling.stop_token_ids == (encoder.token_to_id(END),)
    ids = set(lake.read(documents)["doc_id"].to_pylist())
    assert {row["doc_id"] for row in rows} <= ids

    repeated = execute_functions(
        SECTION, documents, checkpoint, lineage("again"), Scripted(checkpoint.tokenizer), execute
    )
    assert repeated.digest == snapshot.digest


def test_the_engine_itself_is_asked(corpus, lineage):
    documents, checkpoint = corpus
    engine = TransformersEngine()
    engine.load(checkpoint)
    section = replace(SECTION, max_functions=6, max_new_tokens=8)
    made = [execute_functions(section, documents, checkpoint, lineage(run), engine, execute) for run in ("one", "two")]
    assert made[0].digest == made[1].digest
    assert made[0].num_rows > 6


def test_traps_give_no_rows_or_the_true_ones(corpus, lineage):
    documents, checkpoint = corpus
    section = replace(SECTION, max_functions=1000, limits=replace(LIMITS, cpu_s=1.0, wall_s=2.0))
    snapshot = execute_functions(
        section, documents, checkpoint, lineage("sft_data"), Scripted(checkpoint.tokenizer), execute
    )
    traps = [row for row in lake.read(snapshot).to_pylist() if row["path"] == "traps.py"]
    assert {row["function"] for row in traps} == {"remember", "swallow"}
    remembered = [row["result"] for row in traps if row["function"] == "remember" and "[" not in row["call"]]
    assert set(remembered) == {"1"}


def test_a_corpus_without_functions_says_so(corpus, lineage):
    _, checkpoint = corpus
    barren = lake.write("curated.documents", _document("x.py", "x = 1\n" * 50).to_arrow(), lineage("curate"))
    with pytest.raises(CardError, match=r"no row came out of 0 pure functions; raise sft_data\.max_function_chars"):
        execute_functions(SECTION, barren, checkpoint, lineage("sft_data"), Scripted(checkpoint.tokenizer), execute)
