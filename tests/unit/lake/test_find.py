from dataclasses import replace

import pyarrow as pa
import pytest

from model_factory import lake
from model_factory.nouns import Lineage

ROWS = pa.table({"doc_id": ["a", "b"]})


def test_by_address_and_by_digest(lineage: Lineage) -> None:
    first = lake.write("raw.documents", ROWS, lineage)
    second = lake.write("raw.documents", ROWS.slice(1), lineage)
    waiting = lake.stage("curated.documents", ROWS.slice(0, 1), lineage)
    for snapshot in (first, second, waiting):
        assert lake.find(f"{snapshot.table}@{snapshot.snapshot_id}") == snapshot
        assert lake.find(snapshot.as_parent().uri) == snapshot
        assert lake.find(snapshot.digest) == snapshot
        assert lake.find(snapshot.digest[:8]) == snapshot


def test_of_equal_contents_the_newest_published_is_found(lineage: Lineage) -> None:
    lake.write("raw.documents", ROWS, lineage)
    published = lake.write("raw.documents", ROWS, replace(lineage, code="2"))
    lake.stage("raw.documents", ROWS, replace(lineage, code="3"))
    assert lake.find(published.digest) == published


def test_history_tells_published_waiting_and_discarded(lineage: Lineage) -> None:
    published = lake.write("raw.documents", ROWS, lineage)
    discarded = lake.stage("raw.documents", ROWS.slice(0, 1), lineage)
    waiting = lake.stage("raw.documents", ROWS.slice(1), lineage)
    lake.discard(discarded)
    assert lake.history("raw.documents") == [published, replace(discarded, branch=""), waiting]
    assert lake.read(discarded).num_rows == 1
    assert lake.read(lake.publish(replace(discarded, branch=""))).num_rows == 1


@pytest.mark.parametrize("reference", ["abc", "raw.documents", "raw.documents@", "xyzxyzxyz"])
def test_what_names_no_snapshot_is_refused(reference: str) -> None:
    with pytest.raises(ValueError, match=r"names no snapshot; write table@id"):
        lake.find(reference)


def test_unknown_references(lineage: Lineage) -> None:
    written = lake.write("raw.documents", ROWS, lineage)
    with pytest.raises(lake.SnapshotGone, match=r"no snapshot with digest 00000000 in any of: raw.documents"):
        lake.find("0" * 8)
    with pytest.raises(lake.SnapshotGone, match=rf"raw.documents@7 .* the newest are: {written.snapshot_id}"):
        lake.find("raw.documents@7")
    with pytest.raises(lake.SnapshotGone, match=r"has no table nothing.here"):
        lake.find("nothing.here@7")
