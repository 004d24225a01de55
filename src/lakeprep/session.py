"""Builds Spark sessions: the embedded one for `--lake`, one from a properties file for `--conf`,
or the one that spark-submit gives. The only module that does."""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lakeprep.errors import EnvironmentMissing, LakeBusy, UsageError
from lakeprep.resources import resource

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Name of the catalog, in Spark and in PyIceberg: JDBC catalogs key their rows by it.
CATALOG = "lake"
_CATALOG_KEY = f"spark.sql.catalog.{CATALOG}"
_EXTENSIONS = "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
#: How long another process may hold the SQLite catalog before we give up, in milliseconds.
_BUSY_TIMEOUT_MS = 10_000


@contextmanager
def session(*, lake: Path | None, conf: Path | None) -> Iterator[SparkSession]:
    """A session with the catalog `lake`, stopped at the end unless spark-submit owns it.

    Raises:
        UsageError: neither, or an unusable, `lake` or `conf`.
        EnvironmentMissing: no Java, no jars, or a given session without what the job needs.
        LakeBusy: another process holds the SQLite catalog.
    """
    catalog = embedded_catalog(prepare_lake(lake)) if lake else {}
    if "PYSPARK_GATEWAY_PORT" in os.environ:
        yield _given_session(catalog)
        return
    spark = _own_session(catalog, conf)
    try:
        yield spark
    finally:
        spark.stop()


def wake_workers(spark: SparkSession) -> None:
    """Start Python's workers while the driver makes its plans: they load for two seconds. What
    fails here fails again, and is told, where there is work to do."""

    def wake() -> None:
        with suppress(Exception):
            rows = spark.range(0, 1, 1, 1).mapInArrow(lambda batches: batches, "id long")
            rows.write.format("noop").mode("overwrite").save()

    threading.Thread(target=wake, daemon=True).start()


def prepare_lake(lake: Path) -> Path:
    """The absolute, symlink-free path of the embedded lake's folder, made if need be."""
    try:
        lake.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=lake):
            pass
    except OSError as error:
        raise UsageError(
            f"--lake {lake}: the folder cannot be written ({error.strerror or error})"
        ) from None
    lake = lake.resolve()
    _check_unlocked(lake / "catalog.db")
    return lake


def embedded_catalog(lake: Path) -> dict[str, str]:
    """Settings of the SQLite catalog `lake/catalog.db` with the warehouse beside it.

    Version 1 of the JDBC schema (views), one connection, write-ahead log: SQLite's busy error is
    not retried by Iceberg, so waiting is SQLite's own job.
    """
    pragmas = f"journal_mode=WAL&busy_timeout={_BUSY_TIMEOUT_MS}"
    return {
        _CATALOG_KEY: "org.apache.iceberg.spark.SparkCatalog",
        f"{_CATALOG_KEY}.type": "jdbc",
        f"{_CATALOG_KEY}.uri": f"jdbc:sqlite:file://{lake / 'catalog.db'}?{pragmas}",
        f"{_CATALOG_KEY}.warehouse": f"file://{lake / 'warehouse'}",
        f"{_CATALOG_KEY}.jdbc.schema-version": "V1",
        f"{_CATALOG_KEY}.clients": "1",
        "spark.sql.defaultCatalog": CATALOG,
    }


def read_properties(path: Path) -> dict[str, str]:
    """Settings of a Spark properties file: `key value`, `key=value` or `key: value` a line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--conf {path}: cannot be read ({error})") from None
    settings = {}
    for line in lines:
        text = line.strip()
        if not text or text.startswith(("#", "!")):
            continue
        key, _, value = (
            text.replace("=", " ", 1).partition(" ")
            if "=" in text.split()[0]
            else (text.partition(" "))
        )
        settings[key.rstrip(":")] = value.strip()
    return settings


def _check_unlocked(database: Path) -> None:
    if not database.exists():
        return
    try:
        with sqlite3.connect(database, timeout=_BUSY_TIMEOUT_MS / 1000) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()
    except sqlite3.OperationalError as error:
        raise LakeBusy(
            f"the catalog {database} is locked by another process ({error}); "
            "wait for it to end, or stop it, and run again"
        ) from None
    except sqlite3.DatabaseError as error:
        raise UsageError(f"{database} is not a catalog ({error})") from None


def _own_session(catalog: Mapping[str, str], conf: Path | None) -> SparkSession:
    from lakeprep import class_archive, jars, java

    settings = read_properties(conf or resource("spark-conf", "local.conf"))
    options = settings.get("spark.driver.extraJavaOptions", "")
    if not conf:
        # On the class path proper: what Spark loads by itself (`spark.jars`) cannot be archived.
        settings["spark.driver.extraClassPath"] = ":".join(map(str, jars.paths(("base",))))
        settings.pop("spark.jars", None)
        options = f"{options} {class_archive.jvm_options()}"
    settings |= catalog
    _require(settings, source=f"--conf {conf}" if conf else "the session")
    home = java.find_java()
    os.environ["JAVA_HOME"] = str(home.path)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    # Spark's own catalog is not used, but makes its folder all the same.
    settings.setdefault("spark.sql.warehouse.dir", f"file:{tempfile.gettempdir()}/spark-warehouse")
    if "log4j2.configurationFile" not in options:
        log4j = resource("spark-conf", "log4j2.properties")
        options = f"{options} -Dlog4j2.configurationFile=file:{log4j}"
    settings["spark.driver.extraJavaOptions"] = options.strip()

    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    for key, value in settings.items():
        builder = builder.config(key, value)
    with _spark_log():
        return builder.getOrCreate()


def _given_session(catalog: Mapping[str, str]) -> SparkSession:
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    for key, value in catalog.items():
        spark.conf.set(key, value)
    given = {key: spark.conf.get(key, "") for key in ("spark.sql.extensions", _CATALOG_KEY)}
    _require({key: value for key, value in given.items() if value}, source="the given session")
    return spark


def _require(settings: Mapping[str, str], *, source: str) -> None:
    missing = []
    if _EXTENSIONS not in settings.get("spark.sql.extensions", ""):
        missing.append(f"spark.sql.extensions {_EXTENSIONS}")
    if _CATALOG_KEY not in settings:
        missing.append(f"{_CATALOG_KEY} (pass --lake DIR for the embedded catalog)")
    if missing:
        raise EnvironmentMissing(f"{source} lacks: {'; '.join(missing)}. See spark-conf/local.conf")


@contextmanager
def _spark_log() -> Iterator[None]:
    """Give the JVM that starts inside this block a file as its stderr.

    The JVM keeps the descriptor, so its chatter does not mix with our progress; the file has no
    name any more once the JVM has it, unless LAKEPREP_SPARK_LOG names one to keep.
    """
    name = os.environ.get("LAKEPREP_SPARK_LOG")
    saved = os.dup(2)
    with Path(name).open("ab") if name else tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
