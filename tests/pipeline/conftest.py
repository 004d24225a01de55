"""The stages in the shared session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

import pytest

from lakeprep.demo import write_demo
from lakeprep.lake.catalog import Lake
from lakeprep.lake.runs import Run, next_run_id
from lakeprep.pipeline import Job, Runner, Target, recover
from lakeprep.recipe import Recipe


@pytest.fixture(scope="session")
def small_crawl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo crawl of a few hundred records, every planted case in it."""
    folder = tmp_path_factory.mktemp("small")
    write_demo(folder, pages=120)
    return folder


@pytest.fixture(scope="session")
def process(open_lake: Callable[[Path], Lake], web: Recipe) -> Callable[..., Runner]:
    """Ingest to publish, or the stages asked for, in the shared session, as `run_all` does it:
    recovery first."""

    def run(
        folder: Path,
        inputs: Sequence[str | Path],
        stages: Sequence[str] = ("ingest", "score", "curate", "publish"),
    ) -> Runner:
        folder.mkdir(exist_ok=True)
        lake = open_lake(folder)
        job = Job(Target(folder, None), web, inputs=[str(path) for path in inputs])
        recover(lake, job, "web", lambda stage, done: None)
        date = datetime(2026, 1, 7, tzinfo=timezone.utc)
        run_id = next_run_id(lake, date, "publish", "web")
        runner = Runner(
            lake, job, Run(run_id, date, "web", web.hash, web.score_hash), lambda stage, done: None
        )
        for stage in stages:
            getattr(runner, stage)()
        return runner

    return run
