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
    """A folder with PySpark and py4j in it, as far as the daemon looks at them."""
    folder = tmp_path / "site-packages"
    for package in ("pyspark", "py4j"):
        (folder / package).mkdir(parents=True)
        (folder / package / "__init__.py").touch()
    (folder / "pyspark" / "version.py").write_text("__version__ = '4.1'\n")
    return folder


def archives(folder: Path, version: str) -> list[str]:
    """What Spark puts first on the path of its workers."""
    packed = folder / "pyspark.zip"
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("pyspark/version.py", f"__version__ = '{version}'\n")
    others = ("py4j-0.10.9-src.zip", "spark-core_2.13-4.1.jar")
    return [str(packed), *(str(folder / name) for name in others)]


def test_archives_are_left_out(installed: Path, tmp_path: Path) -> None:
    others = [str(tmp_path / "users.zip"), str(tmp_path / "users.jar"), str(installed)]
    assert without_archives([*archives(tmp_path, "4.1"), *others]) == others


def test_another_version_is_taken_from_the_archive(installed: Path, tmp_path: Path) -> None:
    path = [*archives(tmp_path, "4.2"), str(installed)]
    assert without_archives(path) == path


def test_archives_stay_where_py4j_is_in_one_only(installed: Path, tmp_path: Path) -> None:
    """As in Spark's own distribution, whose folder `python` has PySpark, and py4j as a zip."""
    (installed / "py4j" / "__init__.py").unlink()
    (installed / "py4j").rmdir()
    path = [*archives(tmp_path, "4.1"), str(installed)]
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
