"""The queries of `sql/views` over each data set, as views: `web_clusters`, `web_largest`, ...

Temporary views of a session, so that they need nothing of the catalog and are never older than the
code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakeprep.lake.catalog import Lake, dataset_tables
from lakeprep.resources import resource

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def view_names() -> list[str]:
    """Names of the views without the data set's."""
    return sorted(path.stem for path in resource("sql", "views").glob("*.sql"))


def register(spark: SparkSession, query: str | None = None) -> list[str]:
    """Make the views of all data sets known to that session's SQL, or only those that `query`
    names; their names. Nothing is computed."""
    named = [name for name in view_names() if query is None or f"_{name}" in query.lower()]
    lake = Lake(spark)
    registered = []
    for dataset in lake.datasets() if named else ():
        tables = {"outcomes": dataset_tables(dataset)[0], "documents": "silver.documents"}
        for name in named:
            view = f"{dataset}_{name}"
            if query is None or view in query.lower():
                text = resource("sql", "views", f"{name}.sql").read_text(encoding="utf-8")
                for key, table in tables.items():
                    text = text.replace(f"{{{key}}}", lake.full_name(table))
                # By its text, not as a DataFrame: that would keep showing today's snapshot.
                spark.sql(f"CREATE OR REPLACE TEMPORARY VIEW `{view}` AS\n{text}")
                registered.append(view)
    return registered
