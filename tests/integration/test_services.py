"""The same line with PostgreSQL as catalog and log book and S3 as warehouse, by settings alone."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyarrow.fs import FileSelector, FileType, S3FileSystem

from clone import Clone, stations_run
from model_factory.cards.sections import STATIONS
from servers import PostgreSQL, postgresql, s3

pytestmark = pytest.mark.services

BUCKET = "lake"
TABLES = {
    "raw.documents", "clean.documents", "curated.values", "curated.verdicts",
    "curated.documents", "curated.scrap", "tokens.sequences", "rl.problems",
    "sft.executions", "rl.transcripts", "evals.items",
}  # fmt: skip
ARTIFACTS = {
    "documents",
    "curated",
    "sequences",
    "problems",
    "executions",
    "transcripts",
    "base",
    "taught",
    "reinforced",
    "release",
}


@dataclass(frozen=True)
class Elsewhere:
    """A run of the smoke card that keeps its state in services."""

    clone: Clone
    home: Path
    database: PostgreSQL
    endpoint: str
    printed: str = ""

    @property
    def settings(self) -> dict[str, str]:
        catalog = {
            "TYPE": "sql",
            "URI": self.database.uri("catalog"),
            "WAREHOUSE": f"s3://{BUCKET}/warehouse",
            "S3__ENDPOINT": self.endpoint,
            "S3__REGION": "us-east-1",
            "S3__ACCESS_KEY_ID": "factory",
            "S3__SECRET_ACCESS_KEY": "factory-secret",
        }
        return {f"PYICEBERG_CATALOG__FACTORY__{name}": value for name, value in catalog.items()} | {
            "MLFLOW_TRACKING_URI": self.database.uri("logbook"),
            "FACTORY_HOME": str(self.home),
        }

    def objects(self) -> set[str]:
        """The keys in the bucket."""
        files = S3FileSystem(
            endpoint_override=self.endpoint, access_key="factory", secret_key="factory-secret", region="us-east-1"
        )
        return {
            one.path for one in files.get_file_info(FileSelector(BUCKET, recursive=True)) if one.type == FileType.File
        }


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    folder = tmp_path_factory.mktemp("services")
    clone = Clone.make(folder / "clone")
    with postgresql("catalog", "logbook") as database, s3(BUCKET, folder) as endpoint:
        place = Elsewhere(clone, folder / "home", database, endpoint)
        yield Elsewhere(clone, place.home, database, endpoint, clone.factory(**place.settings))


def test_every_station_ran(elsewhere: Elsewhere) -> None:
    assert set(stations_run(elsewhere.printed)) == set(STATIONS)


def test_tables_are_in_postgresql_and_their_files_in_the_bucket(elsewhere: Elsewhere) -> None:
    statement = "select table_namespace || '.' || table_name, metadata_location from iceberg_tables"
    tables = dict(elsewhere.database.query("catalog", statement))
    assert tables.keys() >= TABLES
    objects = elsewhere.objects()
    for table, metadata in tables.items():
        assert metadata.removeprefix("s3://") in objects, f"{table} points to a file that is not there"
    for table in TABLES:
        place = tables[table].removeprefix("s3://").rpartition("/metadata/")[0]
        assert [key for key in objects if key.startswith(f"{place}/data/") and key.endswith(".parquet")], table


def test_the_log_book_is_in_postgresql(elsewhere: Elsewhere) -> None:
    runs = elsewhere.database.query(
        "logbook", "select r.status from runs r join experiments e using (experiment_id) where e.name = 'smoke'"
    )
    assert len(runs) > len(STATIONS)
    assert {status for (status,) in runs} == {"FINISHED"}
    assert elsewhere.database.query("logbook", "select count(*) from metrics where key like '%loss%'")[0][0] > 0
    aliases = elsewhere.database.query("logbook", "select name, alias from registered_model_aliases")
    assert ("smoke-coder", "candidate") in aliases


def test_nothing_is_kept_beside_the_services(elsewhere: Elsewhere) -> None:
    lake = elsewhere.home / "lake"
    # Token files are mapped into memory, so their cache is local wherever the lake is.
    kept = [path.relative_to(lake) for path in lake.rglob("*") if path.is_file()]
    assert [path for path in kept if path.parts[0] != "tokens"] == []
    assert list((elsewhere.home / "mlflow").glob("*.db*")) == []
    assert not (elsewhere.clone.folder / ".factory" / "lake").exists()


def test_the_same_again_is_served_from_the_cache(elsewhere: Elsewhere) -> None:
    assert stations_run(elsewhere.clone.factory(**elsewhere.settings)) == []


def test_data_and_weights_are_the_same_as_on_a_laptop(elsewhere: Elsewhere) -> None:
    elsewhere.clone.factory(FACTORY_HOME=str(elsewhere.home.with_name("laptop")))
    there = digests(elsewhere.clone, **elsewhere.settings)
    here = digests(elsewhere.clone, FACTORY_HOME=str(elsewhere.home.with_name("laptop")))
    assert there == here
    assert there.keys() >= ARTIFACTS


def digests(clone: Clone, **settings: str) -> dict[str, str]:
    """Artifact → digest of the newest run in that log book."""
    rows = json.loads(clone.run("factory", "runs", "newest", "--json", **settings))
    return {row["artifact"]: row["digest"] for row in rows}
