"""The daemon that Python workers are forked from."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from lakeprep.daemon import without_archives

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with a PySpark in it, as far as the daemon looks at it."""
    package = tmp_path / "site-packages" / "pyspark"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "version.py").write_text("__version__ = '4.1'\n")
    return package.parent


def archives(folder: Path, version: str) -> list[str]:
    """What Spark puts first on the path of its workers."""
    packed = folder / "pyspark.zip"
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("pyspark/version.py", f"__version__ = '{version}'\n")
    return [str(packed), str(folder / "py4j-0.10.9-src.zip"), str(folder / "spark-core.jar")]


def test_archives_are_left_out(installed: Path, tmp_path: Path) -> None:
    users = str(tmp_path / "users.zip")
    path = [*archives(tmp_path, "4.1"), users, str(installed)]
    assert without_archives(path) == [users, str(installed)]


def test_another_version_is_taken_from_the_archive(installed: Path, tmp_path: Path) -> None:
    path = [*archives(tmp_path, "4.2"), str(installed)]
    assert without_archives(path) == path


def test_archives_stay_where_nothing_is_installed(tmp_path: Path) -> None:
    path = [*archives(tmp_path, "4.1"), str(tmp_path)]
    assert without_archives(path) == path


def importers(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The path entries that a worker reads from archives."""
    import sys
    import zipimport

    assert sum(batch.num_rows for batch in batches) == 1
    cached = sys.path_importer_cache.items()
    found = [entry for entry, how in cached if isinstance(how, zipimport.zipimporter)]
    yield pa.RecordBatch.from_pydict({"entry": pa.array(found, pa.string())})


@pytest.mark.spark
def test_workers_read_no_archive(spark: SparkSession) -> None:
    found = spark.range(1).coalesce(1).mapInArrow(importers, "entry string").collect()
    assert found == []
