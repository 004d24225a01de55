"""The main job on a crawl: a first run, and a second one that finds nothing new."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corpus import crawl
from measure import run_command

if TYPE_CHECKING:
    from run import Setting


def measure(setting: Setting) -> dict[str, object]:
    files = crawl(setting.scratch, setting.folder)
    call = ("run", "web", *map(str, files), "--lake", str(setting.scratch / "lake"))
    return {
        "command": "lakeprep run web CRAWL --lake DIR --json",
        "crawl": {"files": len(files), "bytes": sum(path.stat().st_size for path in files)},
        "first_run": _figures(run_command(*call)),
        "second_run": _figures(run_command(*call)),
    }


def _figures(run: dict[str, Any]) -> dict[str, object]:
    books = run.pop("summary")["books"]
    return {**run, "documents": books["documents"], "kept": books["kept"]}
