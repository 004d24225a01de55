"""One Spark for the whole run, a lake of its own for every test, and the real data where it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lakeprep.errors import EnvironmentMissing
from lakeprep.lake.catalog import FIXED_TABLES, Lake
from lakeprep.lake.runs import Run
from lakeprep.recipe import Recipe, load_recipe

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of the real pages and labelled sets; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("LAKEPREP_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set LAKEPREP_DATA")
    return folder


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """The session that `lakeprep --lake` would use."""
    from lakeprep.session import session

    try:
        with session(lake=tmp_path_factory.mktemp("spark"), conf=None) as running:
            yield running
    except EnvironmentMissing as error:
        pytest.skip(str(error))


@pytest.fixture
def lake_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "lake"
    folder.mkdir()
    return folder.resolve()


@pytest.fixture(scope="session")
def open_lake(spark: SparkSession) -> Callable[[Path], Lake]:
    """Opens the embedded lake in a folder; a session of its own, for catalogs are cached by it."""
    from lakeprep.session import embedded_catalog

    def open_(folder: Path) -> Lake:
        own = spark.newSession()
        for key, value in embedded_catalog(folder).items():
            own.conf.set(key, value)
        lake = Lake(own)
        lake.ensure(*FIXED_TABLES)
        return lake

    return open_


@pytest.fixture
def lake(open_lake: Callable[[Path], Lake], lake_folder: Path) -> Lake:
    return open_lake(lake_folder)


@pytest.fixture(scope="session")
def web() -> Recipe:
    return load_recipe("web")


@pytest.fixture
def run(web: Recipe) -> Run:
    return Run(
        run_id="20260107-1",
        logical_date=datetime(2026, 1, 7, tzinfo=timezone.utc),
        dataset="web",
        recipe_hash=web.hash,
        score_hash=web.score_hash,
    )
