"""`factory replay RUN`: the run again from nothing, in its own commit, and the first artifact that differs."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from model_factory.commands.answer import as_json, refusing, say

PROMISE = "same lock on CPU: equal snapshot digests and bitwise equal weights"


@click.command(help="Run a run again from nothing and name the first artifact that differs; exit code 1 if one does.")
@click.argument("run")
@click.option("--keep", is_flag=True, help="Keep the replay's state folder and print where it lies.")
@as_json
@refusing
def command(run: str, keep: bool, as_json: bool) -> None:
    from model_factory.cards.resolve import installed_versions
    from model_factory.ledger.locks import lock_of
    from model_factory.nouns.home import room
    from model_factory.release.verify import held, stored_digest

    lock = lock_of(run)
    _refuse_erased(lock.run_digest, as_json)
    _same_environment(lock.packages, installed_versions())
    if lock.dirty:
        click.echo(
            f"run {lock.run_digest[:12]} was made from a modified tree; its commit {lock.commit[:12]} is replayed",
            err=True,
        )
    _made_by_the_card(lock)
    recorded = held(lock.run_digest)
    stored = {name: stored_digest(made) for name, made in recorded.items()}
    if any(stored[name] != made["digest"] for name, made in recorded.items()):
        _answer([_row(name, made, stored, {}) for name, made in recorded.items()], lock.run_digest, as_json, "")
    place = room("tmp") / f"replay-{lock.run_digest[:12]}-{os.getpid()}"
    with _tree(lock.commit, place / "tree") as tree:
        replayed = _run(lock, tree, place)
    rows = [_row(name, made, stored, replayed) for name, made in recorded.items()]
    if not keep:
        shutil.rmtree(place, ignore_errors=True)
    _answer(rows, lock.run_digest, as_json, str(place) if keep else "")


def _refuse_erased(run_digest: str, as_json: bool) -> None:
    """What a run read and was erased since must not come in again, not even to compare."""
    from model_factory.ledger.erasures import erased_from

    found = erased_from(run_digest)
    if found:
        rows = [{"erasure": one.name, "documents": one.num_documents, "reason": one.reason} for one in found]
        say(rows, as_json, f"run {run_digest[:12]} read what was forgotten since")
        click.echo("unreplayable: erased", err=True)
        sys.exit(1)


def _made_by_the_card(lock: Any) -> None:
    """A run that was given other sequences on its way cannot be made again from its card's raw files."""
    from model_factory.cards.frontmatter import read_values
    from model_factory.commands.cards_of_runs import card_of

    for amendment in read_values(card_of(lock)).tree["pretrain"].get("amendments", []):
        for source, digest in amendment["snapshots"].items():
            raise ValueError(
                f"run {lock.run_digest[:12]} was amended at step {amendment['step']}: {source} comes from sequences "
                f"{digest[:12]}, which its card does not make; a replay from nothing has no way to them. "
                f"`factory rerun {lock.run_digest[:12]} --from pretrain` trains again from what this lake holds"
            )


def _row(name: str, made: dict[str, Any], stored: dict[str, str], replayed: dict[str, str]) -> dict[str, Any]:
    again = replayed.get(name, "missing" if replayed else "not replayed")
    row = {"artifact": name, "recorded": made["digest"], "stored": stored[name], "replayed": again}
    return row | {"same": row["recorded"] == row["stored"] and again in (row["recorded"], "not replayed")}


def _answer(rows: list[dict[str, Any]], run: str, as_json: bool, kept: str) -> None:
    shown = rows if as_json else [{key: str(value)[:16] for key, value in row.items()} for row in rows]
    say(shown, as_json, f"replay of {run[:12]} ({PROMISE})")
    if kept:
        click.echo(f"kept: {kept}", err=True)
    different = next((row for row in rows if not row["same"]), None)
    if different is not None:
        where = (
            "what is stored is not what was recorded"
            if different["recorded"] != different["stored"]
            else "the replay made another"
        )
        click.echo(f"first difference: {different['artifact']}: {where}", err=True)
        sys.exit(1)
    click.echo(f"all {len(rows)} artifacts are the same: the promise held", err=True)


def _same_environment(locked: dict[str, str], installed: dict[str, str]) -> None:
    drift = [
        f"{name} {locked.get(name)} → {installed.get(name)}" for name in locked if locked[name] != installed.get(name)
    ]
    if drift:
        raise ValueError(
            f"the environment is not the run's: {', '.join(drift[:5])}{' …' if len(drift) > 5 else ''}; "
            "install the lock of the run's commit (pip install -r requirements/laptop.txt) and replay again"
        )


@contextlib.contextmanager
def _tree(commit: str, folder: Path) -> Iterator[Path]:
    """A worktree of `commit`, removed afterwards."""
    from model_factory.nouns.home import checkout

    folder.parent.mkdir(parents=True, exist_ok=True)
    git = ["git", "-C", str(checkout()), "worktree"]
    added = subprocess.run([*git, "add", "--detach", str(folder), commit], capture_output=True, text=True)
    if added.returncode:
        raise ValueError(
            f"commit {commit[:12]} of the run is not here ({added.stderr.strip()}); fetch it and replay again"
        )
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], capture_output=True)


def _bury_there(environment: dict[str, str]) -> None:
    """What was erased here must not come in there."""
    from model_factory import lake
    from model_factory.nouns.home import checkout

    found = sorted(lake.tombstones())
    if found:
        ours = environment | {"PYTHONPATH": f"{checkout() / 'lib'}"}
        asked = "import json, sys; from model_factory import lake; lake.bury(json.load(sys.stdin))"
        subprocess.run([sys.executable, "-c", asked], input=json.dumps(found), text=True, env=ours, check=True)


def _run(lock: Any, tree: Path, place: Path) -> dict[str, str]:
    """The digests that the commit's own code makes of the lock's card, by artifact."""
    from model_factory.commands.cards_of_runs import write_card

    card = write_card(lock, place)
    environment = os.environ | {"FACTORY_HOME": str(place / "state"), "PYTHONPATH": f"{tree / 'lib'}:{tree}"}
    for name in ("MLFLOW_TRACKING_URI", "MODEL_FACTORY_RUN", "FACTORY_RERUN"):
        environment.pop(name, None)
    _bury_there(environment)
    pyflyte = [sys.executable, "-m", "flytekit.clis.sdk_in_container.pyflyte"]
    finished = subprocess.run(
        [*pyflyte, "run", "workflows/factory.py", "factory", "--card", str(card)],
        cwd=tree,
        env=environment,
        stdout=sys.stderr,
    )
    if finished.returncode:
        raise ValueError(f"the replay itself failed with exit code {finished.returncode}; its output is above")
    asked = (
        "import json; from model_factory.release.verify import held; "
        "print(json.dumps({name: made['digest'] for name, made in held('newest').items()}))"
    )
    ask = [sys.executable, "-c", asked]
    answer = subprocess.run(ask, cwd=tree, env=environment, capture_output=True, text=True, check=True)
    return json.loads(answer.stdout.splitlines()[-1])
