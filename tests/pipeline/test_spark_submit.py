"""`spark-submit jobs/*.py` does what the command does, in the session it is given."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lakeprep.pipeline import Runner
from support import all_rows, iceberg, lakeprep_json, rows_of

pytestmark = pytest.mark.spark
Process = Callable[..., Runner]
DATE = ("--date", "2026-01-07")
REPOSITORY = Path(__file__).resolve().parents[2]


def submit(job: str, *arguments: object, conf: Path | None = None) -> Any:
    import pyspark

    home = Path(pyspark.__file__).parent
    jars = Path(sys.prefix) / "share" / "lakeprep" / "jars"
    environment = {**os.environ, "SPARK_HOME": str(home), "PYSPARK_PYTHON": sys.executable}
    return subprocess.run(
        [
            str(home / "bin" / "spark-submit"),
            *("--properties-file", str(conf or REPOSITORY / "spark-conf" / "local.conf")),
            *("--conf", f"spark.jars={','.join(map(str, sorted(jars.glob('*.jar'))))}"),
            str(REPOSITORY / "jobs" / f"{job}.py"),
            *map(str, arguments),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        env=environment,
        check=False,
    )


def test_a_job_is_the_command(process: Process, small_crawl: Path, tmp_path: Path) -> None:
    """The rows that the stages themselves write; the other jobs are in the slow test below."""
    files = sorted(small_crawl.glob("*.warc.gz"))[:2]
    submit_all(tmp_path / "submitted", ("ingest", *files, *DATE))
    process(tmp_path / "direct", files, stages=("ingest",))
    for table in ("bronze.files", "bronze.pages", "bronze.rejects"):
        assert rows_of(tmp_path / "submitted", table) == rows_of(tmp_path / "direct", table)
    assert run_ids(tmp_path / "submitted") == {"20260107-1"}


@pytest.mark.slow
def test_stage_by_stage(small_crawl: Path, tmp_path: Path) -> None:
    """Every job by itself; one run id from ingest to publish, for the default takes up the run
    that is not finished. Then the whole way in one job."""
    files = sorted(small_crawl.glob("*.warc.gz"))[:2]
    submit_all(
        tmp_path / "submitted",
        ("ingest", *files, *DATE),
        ("score", "web", *DATE),
        ("curate", "web", *DATE),
        ("publish", "web", *DATE),
        ("export", "web", "--to", tmp_path / "out"),
        ("report", "web", "--to", tmp_path / "report.html"),
        ("audit",),
    )
    submit_all(tmp_path / "at-once", ("run", "web", *files, *DATE))
    lakeprep_json("run", "web", *files, "--lake", tmp_path / "direct", *DATE)
    expected = all_rows(tmp_path / "direct")
    assert all_rows(tmp_path / "submitted") == all_rows(tmp_path / "at-once") == expected
    assert run_ids(tmp_path / "submitted") == run_ids(tmp_path / "at-once") == {"20260107-1"}
    assert (tmp_path / "out" / "manifest.json").exists()
    assert (tmp_path / "report.html").exists()


def submit_all(lake: Path, *jobs: tuple[object, ...]) -> None:
    for job, *arguments in jobs:
        done = submit(str(job), *arguments, "--lake", lake)
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def run_ids(lake: Path) -> set[str]:
    rows = iceberg(lake).load_table("ops.runs").scan().to_arrow()
    return set(rows.column("run_id").to_pylist())


def test_a_session_without_iceberg_is_told_what_it_lacks(small_crawl: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.conf"
    bare.write_text("spark.master local[1]\nspark.ui.enabled false\nspark.driver.host 127.0.0.1\n")
    done = submit("score", "web", "--lake", tmp_path / "lake", conf=bare)
    assert done.returncode == 2
    said = done.stdout + done.stderr  # spark-submit sends the driver's stderr to its stdout
    assert "spark.sql.extensions" in said
    assert "Traceback" not in said
