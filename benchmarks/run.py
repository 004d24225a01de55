"""Times the main job on a crawl: `make bench`, or `benchmarks/run.py [CRAWL_FOLDER]`.

First run, second run (nothing new), and peak memory of the whole process tree; the demo crawl
stands in where no folder is given and no real data is there. Results go to
benchmarks/results/main_job.json.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def crawl_folder(scratch: Path) -> Path:
    data = Path(os.environ.get("LAKEPREP_DATA", ROOT.parent / "shared" / "data"))
    if len(sys.argv) > 1:
        return Path(sys.argv[1])
    if (data / "crawl").is_dir():
        return data / "crawl"
    subprocess.run(
        [sys.executable, "-m", "lakeprep.cli", "demo", str(scratch / "demo")], check=True
    )
    return scratch / "demo"


def tree_memory(root: int) -> int:
    """Proportional set size, in bytes, of a process and its descendants (Linux)."""
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


def timed(*arguments: str) -> dict[str, object]:
    """Seconds, peak bytes of the tree and the summary of one call of the command."""
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        running = subprocess.Popen(
            [sys.executable, "-m", "lakeprep.cli", *arguments, "--json"], stdout=out
        )
        peak = 0

        def watch() -> None:
            nonlocal peak
            while running.poll() is None:
                peak = max(peak, tree_memory(running.pid))
                time.sleep(0.25)

        watcher = threading.Thread(target=watch)
        watcher.start()
        code = running.wait()
        seconds = time.perf_counter() - began
        watcher.join()
        out.seek(0)
        summary = json.loads(out.read() or "{}")
    return {
        "command": " ".join(["lakeprep", *arguments[:2], "CRAWL", "--lake", "DIR", "--json"]),
        "exit_code": code,
        "seconds": round(seconds, 1),
        "peak_mib": peak >> 20,
        "stages": {name: stage["seconds"] for name, stage in summary.get("stages", {}).items()},
        "documents": summary.get("books", {}).get("documents"),
        "kept": summary.get("books", {}).get("kept"),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        crawl = crawl_folder(scratch)
        call = ("run", "web", str(crawl), "--lake", str(scratch / "lake"))
        result = {
            "crawl": {
                "name": crawl.name,
                "files": len(list(crawl.glob("*.warc.gz"))),
                "bytes": sum(path.stat().st_size for path in crawl.glob("*.warc.gz")),
            },
            "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
            "first_run": timed(*call),
            "second_run": timed(*call),
        }
    target = ROOT / "benchmarks" / "results" / "main_job.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
