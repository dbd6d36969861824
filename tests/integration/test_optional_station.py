"""A station whose section the card does not have: it hands on what it is given, unseen."""

import json
import subprocess
import sys
from pathlib import Path

from model_factory.nouns.home import checkout

# As in the line: the section comes out of a task, as one field of several.
PROGRAM = """
import json
from typing import NamedTuple, Optional, cast
import pyarrow as pa
from flytekit import task, workflow
from model_factory import lake
from model_factory.cards.bias import Bias
from model_factory.cards.card import Card
from model_factory.cards.resolve import lock as lock_of, resolve
from model_factory.nouns import Lineage, Lock, Snapshot, SourceListing
from tasks.bias import stratify

class Plan(NamedTuple):
    lock: Lock
    bias: Optional[Bias]
    documents: Snapshot

@task
def opened(card: str) -> Plan:
    sections = resolve(Card.read(card))
    lock = lock_of(sections, SourceListing("", 0, 0))
    texts = ["she spoke", "he spoke", "windows and linux"]
    rows = pa.table({"doc_id": list("abc"), "source": ["packages"] * 3, "text": texts})
    lineage = Lineage(lock.run_digest, "validate", "", "", "")
    return Plan(lock, sections.bias, lake.write("curated.documents", rows, lineage))

@workflow
def line(card: str) -> tuple[Snapshot, Snapshot]:
    plan = cast(Plan, opened(card=card))
    return plan.documents, stratify(section=plan.bias, documents=plan.documents, lock=plan.lock)

import sys
made = line(card=sys.argv[1])
print(json.dumps([[one.table, one.digest] for one in made]))
"""


def _run(card: str, home: Path) -> tuple[str, list[list[str]]]:
    environment = {"FACTORY_HOME": str(home), "PYTHONPATH": f"{checkout()}/lib:{checkout()}", "PATH": "/usr/bin:/bin"}
    home.mkdir(exist_ok=True)
    (home / "line.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, str(home / "line.py"), str(checkout() / "configs" / card)],
        env=environment, cwd=checkout(), capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    *printed, last = done.stdout.splitlines()
    return "\n".join(printed), json.loads(last)


def test_a_card_without_the_section_passes_the_documents_on(tmp_path: Path) -> None:
    for _ in range(2):
        printed, (documents, strata) = _run("laptop.md", tmp_path)
        assert strata == documents
        assert "bias" not in printed
    assert not list((tmp_path / "mlflow").glob("*"))


def test_a_card_with_it_divides_them_once(tmp_path: Path) -> None:
    first, (_, strata) = _run("smoke.md", tmp_path)
    assert strata[0] == "bias.strata"
    assert "made bias" in first
    again, (_, same) = _run("smoke.md", tmp_path)
    assert "cached bias" in again
    assert same == strata
