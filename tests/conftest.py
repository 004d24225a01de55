"""One Spark for the whole run, a lake of its own for every test, and the real data where it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import pytest

from lakeprep.errors import EnvironmentMissing
from lakeprep.lake.catalog import FIXED_TABLES, Lake
from lakeprep.lake.runs import Run
from lakeprep.recipe import Recipe, load_recipe
from support import INTERPRETED

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
        for key, value in {**embedded_catalog(folder), **INTERPRETED}.items():
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


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """URL of moto's server: a real HTTP service on this machine."""
    server_module = pytest.importorskip("moto.server")
    server = server_module.ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_client(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of an S3 without buckets, which every client finds by its usual variables."""
    import boto3

    from lakeprep.export import folder
    from lakeprep.ingest import s3

    for name, value in {
        "AWS_ENDPOINT_URL": s3_endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    caches = (s3._client.cache_clear, folder._files.cache_clear)
    for clear in caches:
        clear()
    yield boto3.client("s3")
    for clear in caches:
        clear()
    with urlopen(Request(f"{s3_endpoint}/moto-api/reset", method="POST"), timeout=60):
        pass
