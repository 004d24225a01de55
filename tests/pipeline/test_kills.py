"""SIGKILL to the whole process group at many moments, then run again: the same tables."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from lakeprep.pipeline import Runner
from support import all_rows, lakeprep

pytestmark = [pytest.mark.spark, pytest.mark.slow]
MOMENTS = 20


def start(lake: Path, files: list[Path]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "lakeprep.cli", "run", "web", *map(str, files)),
            *("--lake", str(lake), "--date", "2026-01-07"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.mark.timeout(3600)
def test_killed_at_any_moment_and_run_again(
    process: Callable[[Path, Sequence[str | Path]], Runner], small_crawl: Path, tmp_path: Path
) -> None:
    """Row for row, run columns included: the second run takes up the id of the first. Every fifth
    time the second run is the command, else the same stages in the session that is there."""
    files = sorted(small_crawl.glob("*.warc.gz"))[:2]
    began = time.monotonic()
    assert start(tmp_path / "whole", files).wait() == 0
    lasts = time.monotonic() - began
    expected = all_rows(tmp_path / "whole", without=set())
    different = []
    for moment in range(MOMENTS):
        lake = tmp_path / f"killed-{moment}"
        running = start(lake, files)
        time.sleep(lasts * (moment + 0.5) / MOMENTS)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        time.sleep(1)  # the JVM's death is not ours to wait for
        if moment % 5 == 0:
            again = lakeprep("run", "web", *files, "--lake", lake, "--date", "2026-01-07")
            assert again.returncode == 0, (moment, again.stderr[-3000:])
        else:
            process(lake, files)
        if all_rows(lake, without=set()) != expected:
            different.append(moment)
    assert not different
    assert lakeprep("audit", "--lake", tmp_path / f"killed-{MOMENTS // 2}").returncode == 0
