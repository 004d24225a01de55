"""Data files of a table, for Python workers that read them without Spark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lakeprep.lake.catalog import Lake

_SCHEME = "file:"


def are_local(lake: Lake, table: str) -> bool:
    """Whether workers reach the files of `table` by their names: those of a local or shared folder.
    Object stores want credentials that only Spark's catalog has."""
    loaded = lake.java_table(table)
    folder = loaded.properties().get("write.data.path") or loaded.location()
    return str(folder).startswith((_SCHEME, "/"))


def local_path(name: str) -> Path:
    """Path of a file by Iceberg's name for it (`_file`)."""
    return Path("/" + name.removeprefix(_SCHEME).lstrip("/"))
