import subprocess
import sys
from dataclasses import replace

import pyarrow as pa
import pytest
from pyiceberg.table import Table

from model_factory import lake
from model_factory.nouns import Lineage, Snapshot

ROWS = pa.table(
    {
        "doc_id": ["a", "b", None],
        "tokens": [[2**40, -1], [], None],
        "value": [0.5, None, 1e300],
        "kept": [True, None, False],
        "blob": [b"\0\xff", None, b""],
    }
)
OTHER = pa.table({"doc_id": ["z"], "tokens": [[7]], "value": [0.1], "kept": [True], "blob": [b"x"]})


def test_rows_come_back_as_they_were_written(lineage: Lineage) -> None:
    written = lake.write("raw.documents", ROWS, lineage)
    assert lake.read(written).equals(ROWS)
    assert lake.scan(written).collect().to_arrow().cast(ROWS.schema).equals(ROWS)
    assert (written.num_rows, written.digest, written.branch) == (3, lake.digest(lake.read(written)), "main")


def test_a_write_replaces_and_the_past_stays_readable(lineage: Lineage) -> None:
    first = lake.write("raw.documents", ROWS, lineage)
    second = lake.write("raw.documents", OTHER, lineage)
    assert lake.read(second).equals(OTHER)
    assert lake.read(first).equals(ROWS)
    assert lake.head("raw.documents") == second


def test_no_rows_are_a_snapshot_too(lineage: Lineage) -> None:
    first = lake.write("raw.scrap", ROWS.slice(0, 0), lineage)
    assert lake.read(first).equals(ROWS.slice(0, 0))
    full = lake.write("raw.scrap", ROWS, lineage)
    empty = lake.write("raw.scrap", ROWS.slice(0, 0), replace(lineage, code="2"))
    assert (lake.read(full).num_rows, lake.read(empty).num_rows, empty.digest) == (3, 0, first.digest)


def test_a_candidate_leaves_main_untouched(lineage: Lineage) -> None:
    published = lake.write("curated.documents", ROWS, lineage)
    candidate = lake.stage("curated.documents", OTHER, lineage)
    assert candidate.branch.startswith("ingest-")
    assert lake.head("curated.documents") == published
    assert lake.read(candidate).equals(OTHER)
    lake.discard(candidate)
    assert lake.head("curated.documents") == published
    assert lake.catalog().load_table("curated.documents").refs().keys() == {"main"}


def test_the_first_candidate_of_a_table_is_not_its_content(lineage: Lineage) -> None:
    candidate = lake.stage("curated.documents", ROWS, lineage)
    assert lake.catalog().load_table("curated.documents").scan().to_arrow().num_rows == 0
    with pytest.raises(lake.SnapshotGone, match=r"nothing has been published to curated.documents"):
        lake.head("curated.documents")
    assert lake.read(lake.publish(candidate)).equals(ROWS)


def test_branches_of_shards_lie_side_by_side(lineage: Lineage) -> None:
    shards = [lake.stage("curated.verdicts", ROWS.slice(at, 1), lineage, label=f"shard-{at}") for at in range(3)]
    assert [shard.branch[:8] for shard in shards] == ["shard-0-", "shard-1-", "shard-2-"]
    assert pa.concat_tables([lake.read(shard) for shard in shards]).equals(ROWS)


def test_publishing_removes_the_branch_and_twice_is_harmless(lineage: Lineage) -> None:
    candidate = lake.stage("curated.documents", ROWS, lineage)
    published = lake.publish(candidate)
    assert published == replace(candidate, branch="main")
    assert lake.publish(candidate) == published
    assert lake.catalog().load_table("curated.documents").refs().keys() == {"main"}


def test_main_never_loses_what_another_writer_published(lineage: Lineage) -> None:
    early = lake.stage("curated.documents", ROWS, lineage)
    between = lake.write("curated.documents", OTHER, replace(lineage, run_digest="2" * 64))
    late = lake.publish(early)
    assert (late.digest, late.lineage) == (early.digest, lineage)
    assert lake.read(late).equals(ROWS)
    published = [one for one in lake.history("curated.documents") if one.branch == "main"]
    assert published == [between, late]
    assert lake.publish(early) == late


def test_main_may_move_while_the_rows_are_written_again(lineage: Lineage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rewrite brings the publisher's handle up to date, so its commit alone would not notice."""
    publishing = sys.modules["model_factory.lake.publish"]
    early = lake.stage("curated.documents", ROWS, lineage)
    others = [lake.write("curated.documents", OTHER, replace(lineage, code="other 1"))]
    restage = publishing.restage

    def interrupted(handle: Table, candidate: Snapshot) -> Snapshot:
        written = restage(handle, candidate)
        if len(others) < 3:
            others.append(lake.write("curated.documents", OTHER, replace(lineage, code=f"other {len(others) + 1}")))
            handle.refresh()
        return written

    monkeypatch.setattr(publishing, "restage", interrupted)
    late = lake.publish(early)
    assert [one for one in lake.history("curated.documents") if one.branch == "main"] == [*others, late]
    assert lake.catalog().load_table("curated.documents").refs().keys() == {"main"}
    assert lake.publish(early) == late


def test_the_same_work_is_written_once(lineage: Lineage) -> None:
    candidate = lake.stage("curated.documents", ROWS, lineage)
    assert lake.stage("curated.documents", ROWS, lineage) == candidate
    published = lake.publish(candidate)
    assert lake.write("curated.documents", ROWS, lineage) == published
    assert lake.write("curated.documents", ROWS, replace(lineage, code="2")).snapshot_id != published.snapshot_id
    assert len(lake.history("curated.documents")) == 2


def test_a_branch_left_by_a_killed_writer_is_used_again(lineage: Lineage) -> None:
    candidate = lake.stage("curated.documents", ROWS, lineage)
    table = lake.catalog().load_table("curated.documents")
    main = table.refs()["main"].snapshot_id
    table.manage_snapshots().remove_branch(candidate.branch).commit()
    table.manage_snapshots().create_branch(main, candidate.branch).commit()
    again = lake.stage("curated.documents", ROWS, lineage)
    assert again.branch == candidate.branch
    assert lake.read(lake.publish(again)).equals(ROWS)


WRITER = """
import sys
import pyarrow as pa
from model_factory import lake
from model_factory.nouns import Lineage
for index in range(int(sys.argv[2])):
    lineage = Lineage(sys.argv[1] * 64, "ingest", str(index), "", "")
    lake.write("raw.documents", pa.table({"doc_id": [f"{sys.argv[1]}-{index}"]}), lineage)
"""


def test_writers_in_several_processes_lose_nothing() -> None:
    """From an empty lake, so that they also race for the catalog, the namespace and the table."""
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(name), "3"], stderr=subprocess.PIPE, text=True)
        for name in range(4)
    ]
    errors = [writer.communicate(timeout=240)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 4, "\n".join(errors)
    published = [one for one in lake.history("raw.documents") if one.branch == "main"]
    told = sorted(lake.read(one)["doc_id"].to_pylist()[0] for one in published)
    assert told == sorted(f"{name}-{index}" for name in range(4) for index in range(3))
    assert all(lake.read(one).num_rows == 1 for one in published)
    assert lake.catalog().load_table("raw.documents").refs().keys() == {"main"}


def test_rows_keep_their_order_over_row_groups_and_files(lineage: Lineage, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pa.table({"doc_id": [f"{index:06}" for index in range(30_000)], "text": ["x" * 50] * 30_000})
    first = lake.write("raw.documents", rows.slice(0, 1), lineage)
    table = lake.catalog().load_table("raw.documents")
    with table.transaction() as change:
        change.set_properties({"write.target-file-size-bytes": "300000"})
    written = lake.write("raw.documents", rows, lineage)
    assert len(list(lake.catalog().load_table("raw.documents").scan().plan_files())) > 3
    assert lake.read(written).equals(rows)
    assert lake.read(first).num_rows == 1


def test_reading_projects_and_filters(lineage: Lineage) -> None:
    rows = pa.table({"doc_id": [f"{index:06}" for index in range(20_000)], "text": ["long text"] * 20_000})
    written = lake.write("raw.documents", rows, lineage)
    assert lake.read(written, columns=["text", "doc_id"]).schema.names == ["text", "doc_id"]
    found = lake.read(written, columns=["doc_id"], row_filter="doc_id >= '019998'")
    assert found.to_pydict() == {"doc_id": ["019998", "019999"]}
    with pytest.raises(KeyError, match=r"raw.documents has no column 'txt'; it has: doc_id, text"):
        lake.read(written, columns=["txt"])


def test_row_groups_are_small_enough_to_skip(lineage: Lineage) -> None:
    import pyarrow.parquet as pq

    lake.write("raw.documents", pa.table({"doc_id": [str(index) for index in range(20_000)]}), lineage)
    (task,) = lake.catalog().load_table("raw.documents").scan().plan_files()
    assert pq.ParquetFile(task.file.file_path.removeprefix("file://")).num_row_groups == 3


def test_published_snapshots_know_their_lineage(lineage: Lineage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_FACTORY_RUN", "mlflow-run-1")
    written = lake.write("raw.documents", ROWS, lineage)
    rebuilt = lake.snapshot_at("raw.documents", written.snapshot_id)
    assert rebuilt == written
    assert isinstance(rebuilt, Snapshot)
    assert rebuilt.lineage.parents == lineage.parents
    assert lake.run_of(written) == "mlflow-run-1"
    assert lake.tables() == ["raw.documents"]


@pytest.mark.parametrize("name", ["documents", "a.b.c", ".x", "x."])
def test_a_table_has_a_namespace(lineage: Lineage, name: str) -> None:
    with pytest.raises(ValueError, match=r"not of the form namespace.name"):
        lake.write(name, ROWS, lineage)
