"""Which rows speak of which documents: by every column that holds a document's id.

`doc_id` says whose row it is, `…_doc_id` whom a row refers to (the other of a pair), `doc_ids` the many that a row
holds parts of.
"""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

# Its functions are made when it is imported, unseen by a type checker.
pc: Any = pyarrow.compute


def references(names: Sequence[str]) -> list[str]:
    """Those of a table's columns that hold ids of documents."""
    return [name for name in names if name in ("doc_id", "doc_ids") or name.endswith(("_doc_id", "_doc_ids"))]


def speaking_of(rows: pa.Table, doc_ids: Collection[str]) -> np.ndarray:
    """A bool for every row: whether one of its columns names one of the documents."""
    found = np.zeros(rows.num_rows, dtype=bool)
    for name in references(rows.column_names):
        column = rows[name].combine_chunks()
        if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
            hits = is_in(column.flatten(), doc_ids).to_numpy(zero_copy_only=False)
            found[pc.list_parent_indices(column).to_numpy(zero_copy_only=False)[hits]] = True
        elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            found |= is_in(column, doc_ids).to_numpy(zero_copy_only=False)
    return found


def without(rows: pa.Table, doc_ids: Collection[str]) -> pa.Table:
    """The rows that speak of none of the documents."""
    return rows.filter(pa.array(~speaking_of(rows, doc_ids)))


def is_in(column: pa.Array | pa.ChunkedArray, values: Collection[str]) -> pa.Array:
    """Which of a column's strings are among `values`."""
    return pc.is_in(column, value_set=pa.array(sorted(values), column.type))
