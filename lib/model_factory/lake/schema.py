"""The types that tables hold, and whether rows fit a table.

Integers are stored as int64, text as string, dictionaries as their values, so that the width a
library happens to return never makes two tables of one.
"""

import pyarrow as pa
from pyiceberg.table import Table

from model_factory.lake.errors import SchemaChanged


def normal(schema: pa.Schema) -> pa.Schema:
    """The schema that rows of `schema` have once they were written and read back."""
    return pa.schema([pa.field(field.name, _normal(field.type)) for field in schema])


def fit(handle: Table, table: str, schema: pa.Schema) -> pa.Schema:
    """The table's column order and types for rows of `schema`; columns new to the table are added to it.

    SchemaChanged names a column that the rows lack or that has another type than the table's.
    """
    offered, wanted = normal(schema), normal(handle.schema().as_arrow())
    for field in wanted:
        _check(table, field, offered)
    added = [field for field in offered if field.name not in wanted.names]
    if added:
        wanted = pa.schema([*wanted, *added])
        with handle.update_schema() as update:
            update.union_by_name(wanted)
    return wanted


def _check(table: str, field: pa.Field, offered: pa.Schema) -> None:
    cure = f"write these rows to a table of another name, or drop {table} and run the card again"
    if field.name not in offered.names:
        raise SchemaChanged(f"{table}: the rows lack the table's column {field.name!r} ({field.type}); {cure}")
    found = offered.field(field.name).type
    if found != field.type:
        raise SchemaChanged(f"{table}: column {field.name!r} holds {field.type}, the rows have {found}; {cure}")


def _normal(type_: pa.DataType) -> pa.DataType:
    if pa.types.is_integer(type_):
        return pa.int64()
    if pa.types.is_dictionary(type_):
        return _normal(type_.value_type)
    if pa.types.is_large_string(type_) or pa.types.is_string_view(type_):
        return pa.string()
    if pa.types.is_large_binary(type_) or pa.types.is_binary_view(type_):
        return pa.binary()
    if pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_):
        return pa.list_(pa.field("element", _normal(type_.value_type)))
    if pa.types.is_struct(type_):
        return pa.struct([pa.field(field.name, _normal(field.type)) for field in type_])
    return type_
