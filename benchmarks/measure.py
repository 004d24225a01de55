"""Clocks, memory and facts of the machine."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("results")
_PACKAGES = ("pyarrow", "numba", "numpy", "pyspark", "resiliparse", "fastwarc")


def best_seconds(work: Callable[[], object], repeat: int = 5) -> float:
    """The least wall-clock seconds of some repetitions, after one that is not counted."""
    work()
    return min(_seconds(work) for _ in range(repeat))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def machine() -> dict[str, object]:
    """What the figures depend on; no name of a host or path."""
    return {
        "cores": os.cpu_count(),
        "load_at_start": round(os.getloadavg()[0], 2),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in _PACKAGES},
    }


def resident_mib() -> float:
    """Megabytes of this process that are in memory (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def run_command(*arguments: str) -> dict[str, Any]:
    """One call of `lakeprep`: seconds, peak memory of its process tree, and its JSON summary."""
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        running = subprocess.Popen(
            [sys.executable, "-m", "lakeprep.cli", *arguments, "--json"], stdout=out
        )
        peak = 0

        def watch() -> None:
            nonlocal peak
            while running.poll() is None:
                peak = max(peak, _tree_bytes(running.pid))
                time.sleep(0.25)

        watcher = threading.Thread(target=watch)
        watcher.start()
        code = running.wait()
        seconds = time.perf_counter() - began
        watcher.join()
        out.seek(0)
        summary = json.loads(out.read() or "{}")
    if code:
        raise SystemExit(f"lakeprep {arguments[0]} ended with exit code {code}")
    return {
        "seconds": round(seconds, 1),
        "peak_mib": peak >> 20,
        "stages": {name: stage["seconds"] for name, stage in summary.get("stages", {}).items()},
        "summary": summary,
    }


def _tree_bytes(root: int) -> int:
    """Proportional set size of a process and its descendants (Linux)."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    total, todo = 0, [root]
    while todo:
        pid = todo.pop()
        todo += children.get(pid, [])
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(x.split()[1]) for x in rollup.splitlines() if x.startswith("Pss:")) * 1024
    return total


def write(name: str, result: dict[str, object]) -> None:
    """Write `results/NAME.json` and show it."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(result, indent=2) + "\n"
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
    print(text, end="")
