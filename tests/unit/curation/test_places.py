import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_factory.curation.places import Places
from model_factory.curation.sources.dependencies import dependency_order, import_statements

LINES = st.sampled_from(
    [
        "import a.b", "from .c import (d,", "    e)", "  from . import f, \\", "g", "x = 1  # import h", "import i; y",
        "(", ")", "", "from j import (k", "from l import m # n", "import\to",
    ]
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.sampled_from(["a/b.py", "a/c.py", "a/__init__.py", "i.py", "j.py", "m.py"]), st.lists(LINES)))
def test_imports_are_all_that_the_order_needs(files):
    texts = {path: "\n".join(lines) for path, lines in files.items()}
    bare = {path: import_statements(text) for path, text in texts.items()}
    assert dependency_order(bare) == dependency_order(texts)


def test_imports_of_the_standard_library_are_all_that_its_order_needs(stdlib):
    texts = dict(stdlib.select("path", "text").rows()[:600])
    bare = {path: import_statements(text) for path, text in texts.items()}
    assert sum(map(len, bare.values())) < sum(map(len, texts.values())) / 10
    assert dependency_order(bare) == dependency_order(texts)


@pytest.mark.parametrize("held_bytes", [1, 1 << 30])
def test_places_are_those_among_one_origin(held_bytes):
    def row(doc_id, origin, path, text, language):
        named = {"doc_id": doc_id, "source": "s", "origin": origin, "path": path, "text": text}
        return named | {"language": language}

    rows = [
        row("d3", "repo", "a.py", "import b\n", "python"),
        row("d1", "repo", "b.py", "", "python"),
        row("d5", "repo", "README", "import a\n", "text"),
        row("d4", "web", "page#2", "two", "text"),
        row("d2", "web", "page#10", "ten", "text"),
        row("d0", "web", "page#1", "one", "text"),
    ]
    places = Places(held_bytes)
    for one in rows:
        places.add(one)
    named = dict(zip(sorted(one["doc_id"] for one in rows), places.by_document(), strict=True))
    assert named == {"d5": 0, "d1": 1, "d3": 2, "d0": 0, "d2": 1, "d4": 2}
