"""What is to be forgotten, and what the lake says of it while it still can."""

from dataclasses import dataclass, field
from functools import cached_property

import pyarrow as pa

from model_factory import lake
from model_factory.erasure.excerpts import Excerpts
from model_factory.erasure.seen import Saw, who_saw
from model_factory.lake.handle import open_table
from model_factory.lake.holders import Holders, holders, rows_of
from model_factory.ledger.erasures import Erasure
from model_factory.nouns import Snapshot
from model_factory.nouns.digest import digest_of

# The tables that say what a document is called and hold its text as it came and as it was trained on.
TOLD_BY = ("raw.documents", "raw.scrap", "clean.documents", "curated.documents")


@dataclass(frozen=True)
class Doomed:
    """Documents by id. `reason` is whoever asked for it's own words."""

    doc_ids: frozenset[str]
    reason: str
    _holders: dict[str, Holders] = field(default_factory=dict, compare=False)

    @property
    def erasure(self) -> Erasure:
        return Erasure(digest_of(sorted(self.doc_ids))[:12], self.reason, len(self.doc_ids))

    def holders(self, table: str) -> Holders:
        """Which files and snapshots of a table hold rows of theirs; looked up once."""
        if table not in self._holders:
            self._holders[table] = holders(open_table(table), self.doc_ids)
        return self._holders[table]

    @cached_property
    def snapshots(self) -> list[Snapshot]:
        """Every snapshot that delivers rows of theirs and was written whole by the factory."""
        return [
            snapshot
            for table in lake.tables()
            if self.holders(table).reading
            for snapshot in lake.history(table)
            if snapshot.snapshot_id in self.holders(table).reading
        ]

    @cached_property
    def saw(self) -> list[Saw]:
        """The checkpoints that saw them."""
        return who_saw(self.doc_ids)

    @cached_property
    def told(self) -> pa.Table:
        """doc_id, path, text and the `table` of every row that tells them."""
        columns = ["doc_id", "path", "text"]
        found = [_EMPTY]
        for table in (one for one in TOLD_BY if one in lake.tables()):
            rows = rows_of(open_table(table), self.doc_ids, columns)
            if rows.num_rows:
                rows = rows.select([name for name in columns if name in rows.column_names])
                found.append(rows.append_column("table", pa.array([table] * rows.num_rows)))
        return pa.concat_tables(found, promote_options="permissive")

    @property
    def texts(self) -> set[str]:
        """Their texts as they came."""
        rows = zip(self.told["table"].to_pylist(), self.told["text"].to_pylist(), strict=True)
        return {text for table, text in rows if table == "raw.documents" and text}

    @property
    def paths(self) -> set[str]:
        return {path for path in self.told["path"].to_pylist() if path}

    @cached_property
    def excerpts(self) -> Excerpts:
        """Finds them in text of any kind."""
        return Excerpts(self.doc_ids, self.paths, self.told["text"].drop_null().unique().to_pylist())


_EMPTY = pa.table({name: pa.array([], pa.string()) for name in ("doc_id", "path", "text", "table")})
