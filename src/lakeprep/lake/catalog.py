"""The lake as a stage sees it: tables by their short names, branches, snapshots and what is
written on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lakeprep.errors import UsageError
from lakeprep.lake.schema import table_schema
from lakeprep.resources import resource
from lakeprep.session import CATALOG

if TYPE_CHECKING:
    from py4j.java_gateway import JavaObject
    from pyspark.sql import DataFrame, DataFrameWriterV2, SparkSession

MAIN = "main"
#: Prefix of everything that lakeprep writes into a snapshot's summary.
PROPERTY = "lakeprep."
#: Prefix of session settings that put a property on the snapshots of SQL statements.
_SQL_PROPERTY = "spark.sql.iceberg.snapshot-property."
NAMESPACES = ("bronze", "silver", "gold", "ops")
#: Tables that every lake has; those of a data set come with its first curate.
FIXED_TABLES = (
    "bronze.files",
    "bronze.pages",
    "bronze.rejects",
    "silver.documents",
    "silver.bands",
    "silver.scores",
    "ops.runs",
    "ops.metrics",
    "ops.takedowns",
)


def contract_of(table: str) -> str:
    """Name of the schema file of `table`: data sets share three contracts."""
    if table.startswith("gold."):
        if table.endswith("_passages"):
            return "gold.passages"
        return "gold.outcomes" if table.endswith("_outcomes") else "gold.dataset"
    return table


def dataset_tables(dataset: str) -> tuple[str, str]:
    """Outcomes and data set, in the order in which main moves."""
    return f"gold.{dataset}_outcomes", f"gold.{dataset}"


def passages_table(dataset: str) -> str:
    """The index of a data set's passages; there only with a recipe that has some. Main of it moves
    after the others."""
    return f"gold.{dataset}_passages"


class Lake:
    """The tables of one catalog. Short names: `bronze.pages`, `gold.web_outcomes`."""

    def __init__(self, spark: SparkSession) -> None:
        self.spark = spark

    # -- tables ---------------------------------------------------------------------------------

    def ensure(self, *tables: str) -> None:
        """Create the namespaces and those of `tables` that are not there."""
        if missing := [table for table in tables if not self.exists(table)]:
            for namespace in sorted({table.partition(".")[0] for table in missing}):
                self.spark.sql(f"CREATE NAMESPACE IF NOT EXISTS {CATALOG}.{namespace}")
            for table in missing:
                schema = table_schema(contract_of(table))
                self.spark.sql(schema.ddl(self.full_name(table)))

    def exists(self, table: str) -> bool:
        return bool(self.spark.catalog.tableExists(self.full_name(table)))

    def tables(self) -> list[str]:
        """Short names of all tables, sorted."""
        found = []
        for namespace in NAMESPACES:
            if self.spark.catalog.databaseExists(f"{CATALOG}.{namespace}"):
                rows = self.spark.sql(f"SHOW TABLES IN {CATALOG}.{namespace}").collect()
                found += [f"{namespace}.{row.tableName}" for row in rows]
        return sorted(found)

    def datasets(self) -> list[str]:
        """Names of the data sets that have outcomes."""
        suffix = "_outcomes"
        return [
            table.removeprefix("gold.").removesuffix(suffix)
            for table in self.tables()
            if table.startswith("gold.") and table.endswith(suffix)
        ]

    def require_dataset(self, name: str) -> None:
        """Raises UsageError, which names the data sets that there are, if `name` is none."""
        if name not in (known := self.datasets()):
            listed = ", ".join(known) or "none yet; `lakeprep run` makes one"
            raise UsageError(f"no data set {name!r} in this lake; data sets: {listed}")

    @staticmethod
    def full_name(table: str, branch: str | None = None) -> str:
        """Name for SQL, with the branch as Iceberg's identifier for it."""
        namespace, _, name = table.partition(".")
        suffix = f".`branch_{branch}`" if branch and branch != MAIN else ""
        return f"{CATALOG}.{namespace}.`{name}`{suffix}"

    def frame(self, table: str, *, branch: str | None = None, tag: str | None = None) -> DataFrame:
        """All rows of main, of a branch, or of a tag."""
        if tag:
            return self.spark.read.option("versionAsOf", tag).table(self.full_name(table))
        return self.spark.table(self.full_name(table, branch))

    def new_rows(
        self, table: str, *, since: int | None, until: int, options: Mapping[str, str] | None = None
    ) -> DataFrame:
        """Rows appended after snapshot `since` (None: all rows) up to snapshot `until`."""
        reader = self.spark.read.options(**(options or {}))
        if since is None:
            reader = reader.option("versionAsOf", until)
        else:
            reader = reader.option("start-snapshot-id", since).option("end-snapshot-id", until)
        return reader.table(self.full_name(table))

    def append(
        self, frame: DataFrame, table: str, *, branch: str | None, properties: Mapping[str, str]
    ) -> None:
        """Append `frame` (columns by name) in one commit that carries `properties`."""
        self._writer(frame, table, branch, properties).append()

    def overwrite(
        self, frame: DataFrame, table: str, *, branch: str | None, properties: Mapping[str, str]
    ) -> None:
        """Replace all rows by `frame` in one commit that carries `properties`."""
        from pyspark.sql.functions import lit

        self._writer(frame, table, branch, properties).overwrite(lit(True))

    def delete(
        self, documents: DataFrame, table: str, *, branch: str, properties: Mapping[str, str]
    ) -> None:
        """Delete the rows with a doc_id of `documents` in one commit that carries `properties`."""
        from pyspark.sql.functions import expr

        keys = {f"{_SQL_PROPERTY}{PROPERTY}{key}": value for key, value in properties.items()}
        for key, value in keys.items():
            self.spark.conf.set(key, value)
        try:
            gone = documents.select(documents["doc_id"].alias("gone_id"))
            rows = gone.mergeInto(self.full_name(table, branch), expr("doc_id = gone_id"))
            rows.whenMatched().delete().merge()
        finally:
            for key in keys:
                self.spark.conf.unset(key)

    def _writer(
        self, frame: DataFrame, table: str, branch: str | None, properties: Mapping[str, str]
    ) -> DataFrameWriterV2:
        writer = frame.writeTo(self.full_name(table, branch)).option("check-nullability", "false")
        for key, value in properties.items():
            writer = writer.option(f"snapshot-property.{PROPERTY}{key}", value)
        return writer

    def sql(
        self,
        name: str,
        args: Mapping[str, object] | None = None,
        *,
        text: Mapping[str, str] | None = None,
        **frames: DataFrame,
    ) -> DataFrame:
        """The query `sql/<name>.sql` over `frames`, which it names in braces; `args` are its
        `:parameters`, and `text` replaces what else stands in braces: SQL of our own making."""
        query = resource("sql", f"{name}.sql").read_text(encoding="utf-8")
        for key, value in (text or {}).items():
            query = query.replace(f"{{{key}}}", value)
        answer = self.spark.sql(query, args=dict(args or {}), **frames)
        # `frames` are views only until here; a writer would look for them again in the bare query.
        return answer.select("*")

    def computed(self, frame: DataFrame) -> DataFrame:
        """`frame`, computed now and kept for the steps after, on executors' disks at the worst.

        `persist` is not enough: Spark recognises a persisted plan with a Python stage in it only
        where it is used as it is, and computes it again inside queries over views. Where the
        session has a checkpoint directory, an executor that is lost takes nothing with it.
        """
        if self.spark.sparkContext.getCheckpointDir():
            return frame.checkpoint()
        return frame.localCheckpoint()

    def computed_anew(self, frame: DataFrame) -> DataFrame:
        """`computed`, for loops in which a frame is joined with what was made of it.

        A checkpoint keeps the plan's estimated size, and the estimate of a join is the product of
        its sides': it doubles its digits in every round, until planning alone takes minutes. So
        this one forgets it; joins then go by the sizes that are seen when they run.
        """
        from pyspark.sql import DataFrame as Frame

        made = self.computed(frame)._jdf
        session = self.spark._jsparkSession
        return Frame(
            session.internalCreateDataFrame(made.queryExecution().toRdd(), made.schema(), False),
            self.spark,
        )

    def query(self, text: str) -> DataFrame:
        """Any SQL; `lake` is the current catalog."""
        self.spark.catalog.setCurrentCatalog(CATALOG)
        return self.spark.sql(text)

    # -- snapshots ------------------------------------------------------------------------------

    def java_table(self, table: str) -> JavaObject:
        """Iceberg's own table object, refreshed."""
        jvm = self.spark._jvm
        assert jvm is not None  # sessions are classic ones; see session.py
        spark3 = jvm.org.apache.iceberg.spark.Spark3Util
        loaded = spark3.loadIcebergTable(self.spark._jsparkSession, self.full_name(table))
        loaded.refresh()
        return loaded

    def refs(self, table: str) -> dict[str, int]:
        """Branches and tags with the snapshot each points to."""
        return {
            str(name): int(ref.snapshotId())
            for name, ref in dict(self.java_table(table).refs()).items()
        }

    def head(self, table: str, ref: str = MAIN) -> int | None:
        """Snapshot that `ref` points to; None for an empty table."""
        return self.refs(table).get(ref)

    def rows(self, table: str) -> int:
        """Rows in main, those deleted since their file was written included; by the snapshot's
        summary: nothing is read."""
        head = self.head(table)
        return 0 if head is None else int(self.summary(table, head)["total-records"])

    def is_empty(self, table: str) -> bool:
        """No row in main."""
        return self.rows(table) == 0

    def summary(self, table: str, snapshot: int) -> dict[str, str]:
        """Iceberg's summary of that snapshot, our properties included."""
        summary = dict(self.java_table(table).snapshot(snapshot).summary())
        return {str(key): str(value) for key, value in summary.items()}

    def properties(self, table: str, snapshot: int) -> dict[str, str]:
        """What lakeprep wrote into that snapshot's summary, prefix dropped."""
        return {
            key.removeprefix(PROPERTY): value
            for key, value in self.summary(table, snapshot).items()
            if key.startswith(PROPERTY)
        }

    def history(self, table: str, ref: str = MAIN) -> Iterator[tuple[int, dict[str, str]]]:
        """Snapshots of `ref` from its head back, each with its whole summary."""
        loaded = self.java_table(table)
        snapshot = loaded.snapshot(ref)
        while snapshot is not None:
            summary = {str(k): str(v) for k, v in dict(snapshot.summary()).items()}
            yield int(snapshot.snapshotId()), {"operation": str(snapshot.operation()), **summary}
            parent = snapshot.parentId()
            snapshot = loaded.snapshot(parent) if parent is not None else None

    def last_written(self, table: str, key: str, ref: str = MAIN) -> str | None:
        """The newest value of property `key` in the history of `ref`: compactions and takedowns
        in between carry none."""
        name = PROPERTY + key
        return next((p[name] for _, p in self.history(table, ref) if name in p), None)

    def watermark(self, table: str, source: str, ref: str = MAIN) -> int | None:
        """Snapshot of `source` up to which `table` has been computed."""
        value = self.last_written(table, f"input.{source}", ref)
        return int(value) if value is not None else None
