"""A small real corpus in a lake of its own: modules of the running Python."""

import sysconfig
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pytest

from model_factory import lake
from model_factory.blender.cache import Cache
from model_factory.cards.tokenize import Tokenize
from model_factory.nouns import Lineage, Snapshot

LINEAGE = Lineage("run", "curate", "code", "commit", "image")
SECTION = Tokenize(
    seed=17, code="v1", vocab_size=600, min_frequency=2, sequence_length=128, overlap=1, heldout_fraction=0.2
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FACTORY_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def cache(home: Path) -> Cache:
    return Cache(home / "tokens")


@pytest.fixture
def documents(home: Path) -> Snapshot:
    return lake.write("curated.documents", corpus(), LINEAGE)


def corpus(num_documents: int = 40) -> pa.Table:
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))[:num_documents]
    texts = [path.read_text() for path in files]
    # A text that spells a special token, and one that is shorter than any sequence.
    texts[0] += "# <|end|> <|pad|>\n"
    texts.append("pass\n")
    return pa.table(
        {
            "doc_id": [sha256(text.encode()).hexdigest()[:32] for text in texts],
            "source": ["stdlib" if row % 4 else "packages" for row in range(len(texts))],
            "text": texts,
        }
    )
