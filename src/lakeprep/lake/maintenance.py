"""Maintenance of tables: what changes files and no row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakeprep.lake.catalog import contract_of
from lakeprep.lake.schema import table_schema
from lakeprep.session import CATALOG

if TYPE_CHECKING:
    from lakeprep.lake.catalog import Lake


@dataclass(frozen=True, slots=True)
class Compaction:
    """Data files read and written, and the bytes read."""

    files_before: int
    files_after: int
    bytes_rewritten: int


def compact(lake: Lake, table: str) -> Compaction:
    """Rewrites the small data files of main into few, sorted as the table's contract says.

    One commit of Iceberg's kind `replace`: readers of what is new pass over it. Files that have
    the right size already are left alone; so are branches and tags.
    """
    ordering = ", ".join(table_schema(contract_of(table)).ordering)
    how = f"'sort', sort_order => '{ordering}'" if ordering else "'binpack'"
    row = lake.spark.sql(
        f"CALL {CATALOG}.system.rewrite_data_files(table => '{lake.full_name(table)}', "
        f"strategy => {how}, options => MAP('min-input-files', '2'))"
    ).first()
    assert row is not None  # the procedure answers one row
    return Compaction(
        row.rewritten_data_files_count, row.added_data_files_count, row.rewritten_bytes_count
    )


def data_bytes(lake: Lake, table: str) -> int:
    """Bytes of the data files of main."""
    files = lake.spark.table(f"{lake.full_name(table)}.files")
    row = files.selectExpr("SUM(file_size_in_bytes) AS bytes").first()
    assert row is not None  # an aggregation has one row
    return int(row.bytes or 0)
