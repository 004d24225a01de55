"""What several test folders share: the command as users call it, and tables compared by rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa

from lakeprep.lake.catalog import contract_of
from lakeprep.lake.schema import Type, table_schema

Row = Mapping[str, object]
THEN = datetime(2026, 1, 5, tzinfo=timezone.utc)

#: Columns that name the run, and times of the log: equal tables may differ in them.
RUN_COLUMNS = {"run_id", "ingested_at", "ingested_on"}
DATA_TABLES = (
    "bronze.files",
    "bronze.pages",
    "bronze.rejects",
    "silver.documents",
    "silver.bands",
    "gold.web_outcomes",
    "gold.web",
)
#: Plans are interpreted: to compile one takes longer than to run it over the rows of a test. Tests
#: that call the command or a job run with compiled plans, as users do.
INTERPRETED = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


def lakeprep(*arguments: object, env: Mapping[str, str] | None = None, timeout: float = 300) -> Any:
    """`lakeprep ARGUMENTS` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "lakeprep.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **(env or {})},
        check=False,
    )


def lakeprep_json(*arguments: object, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    done = lakeprep(*arguments, "--json", env=env)
    assert done.returncode == 0, done.stderr[-4000:]
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def iceberg(folder: Path) -> Any:
    """The lake as PyIceberg sees it: nothing but the catalog's file is needed."""
    from pyiceberg.catalog.sql import SqlCatalog

    return SqlCatalog("lake", uri=f"sqlite:///{folder}/catalog.db")


def rows_of(folder: Path, table: str, *, without: set[str] = RUN_COLUMNS) -> list[str]:
    """All rows of a table but the run's columns, as sorted text: what determinism is about."""
    read = iceberg(folder).load_table(table).scan().to_arrow()
    columns = [name for name in read.column_names if name not in without]
    return sorted(repr(sorted(row.items())) for row in read.select(columns).to_pylist())


def all_rows(folder: Path, *, without: set[str] = RUN_COLUMNS) -> dict[str, list[str]]:
    return {table: rows_of(folder, table, without=without) for table in DATA_TABLES}


def filler(kind: Type) -> object:
    """A value for a required column that the report does not look at."""
    return {
        "string": "x",
        "binary": b"x",
        "boolean": False,
        "int": 0,
        "long": 0,
        "double": 0.0,
        "date": THEN.date(),
        "timestamp": THEN,
    }.get(kind.name, [])


def complete(table: str, rows: Sequence[Row]) -> pa.Table:
    """Rows of a table with what they leave out of its required columns filled in."""
    schema = table_schema(contract_of(table))
    required = {c.name: filler(c.type) for c in schema.columns if c.required}
    return pa.Table.from_pylist([{**required, **row} for row in rows], schema=schema.arrow())
