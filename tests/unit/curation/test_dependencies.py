import random

from hypothesis import given, settings
from hypothesis import strategies as st

from model_factory.curation.sources.dependencies import dependency_order

PACKAGE = {
    "src/app/__init__.py": "from app.core import run\n",
    "src/app/core.py": "import os\nfrom . import models\nfrom .tools import (\n    clean,  # tidy\n    load as l,\n)\n",
    "src/app/models.py": "from app.tools.load import read\n",
    "src/app/tools/__init__.py": "",
    "src/app/tools/load.py": "import json\n",
    "src/app/tools/clean.py": "from .load import read\nimport app.tools.missing\n",
    "tests/test_core.py": "import app.core\n",
    "README.md": "import app.core\n",
    "scripts/run.py": "import helper\n",
    "scripts/helper.py": "",
}


def test_what_is_imported_comes_before_what_imports_it():
    order = dependency_order(PACKAGE)
    assert sorted(order) == sorted(PACKAGE)
    place = {path.removeprefix("src/app/"): number for number, path in enumerate(order)}
    for first, second in [
        ("tools/load.py", "models.py"),
        ("models.py", "core.py"),
        ("tools/load.py", "tools/clean.py"),
        ("tools/clean.py", "core.py"),
        ("core.py", "__init__.py"),
        ("core.py", "tests/test_core.py"),
        ("scripts/helper.py", "scripts/run.py"),
    ]:
        assert place[first] < place[second], (first, second)
    assert order[0] == "README.md"


def test_circles_stand_together_by_path():
    texts = {
        "a.py": "import c\n",
        "b.py": "import d\n",
        "c.py": "import b\n",
        "d.py": "import c\nimport z\n",
        "e.py": "",
        "z.py": "",
    }
    assert dependency_order(texts) == ["e.py", "z.py", "b.py", "c.py", "d.py", "a.py"]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 25))
def test_every_order_is_a_permutation_that_keeps_each_import_outside_of_circles(seed, num_files):
    rng = random.Random(seed)
    imports = {name: rng.sample(range(num_files), rng.randint(0, min(3, num_files))) for name in range(num_files)}
    texts = {f"m{name:02}.py": "".join(f"import m{other:02}\n" for other in others) for name, others in imports.items()}
    order = dependency_order(texts)
    assert sorted(order) == sorted(texts)
    shuffled = list(texts.items())
    rng.shuffle(shuffled)
    assert dependency_order(dict(shuffled)) == order
    place = {int(path[1:3]): number for number, path in enumerate(order)}
    reached = {name: _reach(name, imports) for name in imports}
    for name, others in imports.items():
        for other in others:
            if name not in reached[other]:
                assert place[other] < place[name]


def _reach(start, imports):
    found, waiting = set(), [start]
    while waiting:
        for other in imports[waiting.pop()]:
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found
