"""The contract of every table: `schemas/*.yaml`, and the DDL, Spark, Arrow and Iceberg schemas
made from it. Pure: knows the engines' types, starts none of them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from lakeprep.resources import resource

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.schema import Schema as IcebergSchema
    from pyiceberg.types import IcebergType
    from pyspark.sql.types import DataType, StructType

#: Every table: merge-on-read needs no format 3, and PyIceberg 0.12 cannot write it.
DEFAULT_PROPERTIES: Mapping[str, str] = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    "write.parquet.compression-level": "3",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "100",
}

PRIMITIVES = frozenset(
    {"string", "binary", "boolean", "int", "long", "double", "date", "timestamp"}
)
_NESTED = re.compile(r"(array|map)<(.+)>")


@dataclass(frozen=True, slots=True)
class Type:
    """A column's type: a primitive, or `array`, `map` (keys are strings) or `struct` of others."""

    name: str
    element: Type | None = None
    fields: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: Type
    required: bool
    comment: str


@dataclass(frozen=True, slots=True)
class TableSchema:
    """One table as `schemas/<name>.yaml` says it; `ordering`: of the rows of a compacted file."""

    name: str
    comment: str
    columns: tuple[Column, ...]
    partitioning: tuple[str, ...]
    ordering: tuple[str, ...]
    properties: Mapping[str, str]

    def ddl(self, table: str) -> str:
        """`CREATE TABLE IF NOT EXISTS` for the fully qualified name `table`."""
        columns = ",\n  ".join(_ddl_column(column) for column in self.columns)
        partitioned = (
            f"\nPARTITIONED BY ({', '.join(self.partitioning)})" if self.partitioning else ""
        )
        properties = ",\n  ".join(f"'{k}' = '{v}'" for k, v in self.properties.items())
        return (
            f"CREATE TABLE IF NOT EXISTS {table} (\n  {columns}\n) USING iceberg{partitioned}\n"
            f"COMMENT {_literal(self.comment)}\nTBLPROPERTIES (\n  {properties}\n)"
        )

    def spark(self) -> StructType:
        """The Spark schema, nullability included."""
        return _spark_struct(self.columns)

    def arrow(self) -> pa.Schema:
        """The Arrow schema of a batch that Spark accepts for this table (times in UTC)."""
        import pyarrow as pa

        return pa.schema([_arrow_field(column) for column in self.columns])

    def iceberg(self) -> IcebergSchema:
        """The Iceberg schema, ids numbered as Spark numbers them: by level, then by column."""
        from pyiceberg.schema import Schema, assign_fresh_schema_ids
        from pyiceberg.types import NestedField

        fields = [
            NestedField(
                field_id=i,
                name=c.name,
                field_type=_iceberg_type(c.type),
                required=c.required,
                doc=c.comment,
            )
            for i, c in enumerate(self.columns, 1)
        ]
        return assign_fresh_schema_ids(Schema(*fields))


@functools.cache
def table_schema(name: str) -> TableSchema:
    """The contract of `name`, e.g. `bronze.pages`, `gold.dataset`, `gold.outcomes`."""
    raw = yaml.safe_load((resource("schemas") / f"{name}.yaml").read_text(encoding="utf-8"))
    return TableSchema(
        name=name,
        comment=raw["comment"].strip(),
        columns=tuple(_columns(raw["columns"])),
        partitioning=tuple(raw.get("partitioning", ())),
        ordering=tuple(raw.get("ordering", ())),
        properties={**DEFAULT_PROPERTIES, **raw.get("properties", {})},
    )


def schema_names() -> list[str]:
    """Names of all contracts."""
    return sorted(path.stem for path in resource("schemas").glob("*.yaml"))


def _columns(raw: Mapping[str, Mapping[str, object]]) -> Iterator[Column]:
    for name, spec in raw.items():
        if unknown := spec.keys() - {"type", "required", "comment", "fields"}:
            raise ValueError(f"column {name}: unknown keys {sorted(map(str, unknown))}")
        nested = spec.get("fields")
        fields = tuple(_columns(nested)) if isinstance(nested, Mapping) else ()
        yield Column(
            name=name,
            type=_parse(str(spec["type"]), fields),
            required=bool(spec.get("required", False)),
            comment=str(spec["comment"]),
        )


def _parse(text: str, fields: tuple[Column, ...] = ()) -> Type:
    if text == "struct":
        return Type("struct", fields=fields)
    if match := _NESTED.fullmatch(text):
        kind, inner = match.groups()
        if kind == "map":
            inner = inner.removeprefix("string,").strip()
        return Type(kind, element=_parse(inner))
    if text not in PRIMITIVES:
        raise ValueError(f"unknown column type {text!r}")
    return Type(text)


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _ddl_column(column: Column) -> str:
    required = " NOT NULL" if column.required else ""
    return f"{column.name} {_ddl_type(column.type)}{required} COMMENT {_literal(column.comment)}"


def _ddl_type(kind: Type) -> str:
    if kind.fields:
        inner = ", ".join(
            f"{c.name}: {_ddl_type(c.type)} COMMENT {_literal(c.comment)}" for c in kind.fields
        )
        return f"struct<{inner}>"
    if kind.element is None:
        return {"long": "bigint"}.get(kind.name, kind.name)
    inner = _ddl_type(kind.element)
    return f"array<{inner}>" if kind.name == "array" else f"map<string, {inner}>"


def _spark_struct(columns: tuple[Column, ...]) -> StructType:
    from pyspark.sql.types import StructField, StructType

    return StructType(
        [StructField(c.name, _spark_type(c.type), nullable=not c.required) for c in columns]
    )


def _spark_type(kind: Type) -> DataType:
    from pyspark.sql import types as t

    if kind.fields:
        return _spark_struct(kind.fields)
    if kind.element is not None:
        inner = _spark_type(kind.element)
        return t.ArrayType(inner) if kind.name == "array" else t.MapType(t.StringType(), inner)
    primitives: dict[str, DataType] = {
        "string": t.StringType(),
        "binary": t.BinaryType(),
        "boolean": t.BooleanType(),
        "int": t.IntegerType(),
        "long": t.LongType(),
        "double": t.DoubleType(),
        "date": t.DateType(),
        "timestamp": t.TimestampType(),
    }
    return primitives[kind.name]


def _arrow_field(column: Column) -> pa.Field:
    import pyarrow as pa

    return pa.field(column.name, _arrow_type(column.type), nullable=not column.required)


def _arrow_type(kind: Type) -> pa.DataType:
    import pyarrow as pa

    if kind.fields:
        return pa.struct([_arrow_field(field) for field in kind.fields])
    if kind.element is not None:
        inner = _arrow_type(kind.element)
        return pa.list_(inner) if kind.name == "array" else pa.map_(pa.string(), inner)
    primitives = {
        "string": pa.string(),
        "binary": pa.binary(),
        "boolean": pa.bool_(),
        "int": pa.int32(),
        "long": pa.int64(),
        "double": pa.float64(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", tz="UTC"),
    }
    return primitives[kind.name]


def _iceberg_type(kind: Type) -> IcebergType:
    from pyiceberg import types as t

    if kind.fields:
        return t.StructType(
            *(
                t.NestedField(i, c.name, _iceberg_type(c.type), required=c.required, doc=c.comment)
                for i, c in enumerate(kind.fields, 1)
            )
        )
    if kind.element is not None:
        inner = _iceberg_type(kind.element)
        if kind.name == "array":
            return t.ListType(element_id=1, element=inner, element_required=False)
        return t.MapType(
            key_id=1, key_type=t.StringType(), value_id=2, value_type=inner, value_required=False
        )
    primitives = {
        "string": t.StringType(),
        "binary": t.BinaryType(),
        "boolean": t.BooleanType(),
        "int": t.IntegerType(),
        "long": t.LongType(),
        "double": t.DoubleType(),
        "date": t.DateType(),
        "timestamp": t.TimestamptzType(),
    }
    return primitives[kind.name]
