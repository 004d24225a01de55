"""`spark-submit jobs/*.py` does what the command does, in the session it is given."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support import all_rows, lakeprep_json, rows_of

pytestmark = pytest.mark.spark
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


def test_jobs_are_the_command(small_crawl: Path, tmp_path: Path) -> None:
    """Stage by stage through spark-submit, and the whole way by the command: the same rows."""
    files = sorted(small_crawl.glob("*.warc.gz"))[:2]
    date = ("--date", "2026-01-07")
    for job, arguments in (
        ("ingest", files),
        ("score", ["web"]),
        ("curate", ["web"]),
        ("publish", ["web"]),
        ("audit", []),
    ):
        options = date if job != "audit" else ()
        done = submit(job, *arguments, "--lake", tmp_path / "submitted", *options)
        assert done.returncode == 0, done.stderr[-3000:]
    lakeprep_json("run", "web", *files, "--lake", tmp_path / "direct", *date)
    assert all_rows(tmp_path / "submitted") == all_rows(tmp_path / "direct")
    # One run id from ingest to publish: the default takes up the run that is not finished.
    runs = {row for row in rows_of(tmp_path / "submitted", "ops.runs", without=set())}
    assert len(runs) == 4
    assert all("20260107-1" in row for row in runs)


def test_a_session_without_iceberg_is_told_what_it_lacks(small_crawl: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.conf"
    bare.write_text("spark.master local[1]\nspark.ui.enabled false\nspark.driver.host 127.0.0.1\n")
    done = submit("score", "web", "--lake", tmp_path / "lake", conf=bare)
    assert done.returncode == 2
    assert "spark.sql.extensions" in done.stderr
    assert "Traceback" not in done.stderr
