"""The contract in schemas/*.yaml and the four schemas made from it."""

from __future__ import annotations

import pytest

from lakeprep.lake.catalog import FIXED_TABLES, Lake
from lakeprep.lake.schema import schema_names, table_schema


@pytest.mark.parametrize("name", schema_names())
def test_every_column_is_explained(name: str) -> None:
    """A column without a comment would reach the catalog unexplained."""
    schema = table_schema(name)
    assert schema.comment
    columns = [*schema.columns, *(f for c in schema.columns for f in c.type.fields)]
    assert all(column.comment for column in columns)


@pytest.mark.parametrize("name", schema_names())
def test_spark_and_arrow_agree(name: str) -> None:
    """A batch made with the Arrow schema would not fit the table otherwise."""
    from pyspark.sql.pandas.types import from_arrow_schema

    schema = table_schema(name)
    made = from_arrow_schema(schema.arrow(), prefer_timestamp_ntz=False)
    expected = [(f.name, f.dataType.simpleString(), f.nullable) for f in schema.spark()]
    assert [(f.name, f.dataType.simpleString(), f.nullable) for f in made] == expected


@pytest.mark.parametrize("name", schema_names())
def test_properties_of_columns_name_columns(name: str) -> None:
    """Iceberg passes over the others without a word: `bands.list.element` for `bands.element`."""
    schema = table_schema(name)
    columns = [key.partition(".column.")[2] for key in schema.properties if ".column." in key]
    for column in columns:
        assert schema.iceberg().find_field(column)


@pytest.mark.spark
def test_tables_are_what_the_contract_says(lake: Lake) -> None:
    """Tables made by the DDL, read back through PyIceberg and Spark: names, types, nullability,
    comments, partitioning, properties."""
    lake.ensure("gold.web", "gold.web_outcomes")
    from pyiceberg.catalog.sql import SqlCatalog

    warehouse = lake.spark.conf.get("spark.sql.catalog.lake.warehouse")
    folder = warehouse.removeprefix("file://").removesuffix("/warehouse")
    catalog = SqlCatalog("lake", uri=f"sqlite:///{folder}/catalog.db")
    for name in (*FIXED_TABLES, "gold.web", "gold.web_outcomes"):
        contract = {"gold.web": "gold.dataset", "gold.web_outcomes": "gold.outcomes"}
        schema = table_schema(contract.get(name, name))
        table = catalog.load_table(name)
        assert table.schema().as_struct() == schema.iceberg().as_struct(), name
        assert (
            table.properties.items()
            >= {
                key: value for key, value in schema.properties.items() if key != "format-version"
            }.items()
        )
        assert len(table.spec().fields) == len(schema.partitioning)
        spark_schema = lake.frame(name).schema
        assert spark_schema.simpleString() == schema.spark().simpleString(), name


def test_unknown_keys_are_refused() -> None:
    """A comma in an unquoted comment silently becomes another key in YAML."""
    from lakeprep.lake.schema import _columns

    with pytest.raises(ValueError, match="unknown keys"):
        list(_columns({"a": {"type": "int", "comment": "x", "or y": None}}))
