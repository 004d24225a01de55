"""Times lists of URLs: `benchmarks/url_lists.py [ENTRIES]`, a million unless told.

Reading a plain list, a gzip and an imported list, matching URLs against it on one core, against
the same by Python sets, and the memory of a worker that has unpickled the broadcast tables and
matches. Lists and URLs are made up, from a seed. Results go to benchmarks/results/url_lists.json.
"""

from __future__ import annotations

import gzip
import json
import pickle
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

ROOT = Path(__file__).resolve().parents[1]
URLS = 200_000
REPEATS = 3

#: What a Spark worker does, in a process of its own: peak and present memory in bytes.
WORKER = """
import json, pickle, sys
import pyarrow as pa
from lakeprep.kernels.urls import match

def resident():
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    return {name: int(status[name].split()[0]) << 10 for name in ("VmRSS", "VmHWM")}

before = resident()["VmRSS"]
with open(sys.argv[1], "rb") as file:
    tables = pickle.load(file)
with open(sys.argv[2], "rb") as file:
    columns = pickle.load(file)
for start in range(0, len(columns[0]), 10_000):
    match(tables, *(column[start:start + 10_000] for column in columns))
print(json.dumps({"before_lists_bytes": before, "rss_bytes": resident()["VmRSS"],
                  "peak_rss_bytes": resident()["VmHWM"]}))
"""


def best(work: Callable[[], object]) -> dict[str, float]:
    """Wall and CPU seconds, each of the quickest of several calls."""
    wall, cpu = [], []
    for _ in range(REPEATS):
        began, used = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    return {"wall": round(min(wall), 3), "cpu": round(min(cpu), 3)}


def make_names(entries: int) -> list[str]:
    rng = random.Random(7)  # noqa: S311
    tops = ("com", "org", "net", "de", "co.uk", "ru", "xyz")
    return [f"{rng.getrandbits(44):x}-{n % 97}.{rng.choice(tops)}" for n in range(entries)]


def by_sets(columns: list[pa.Array], domains: set[str]) -> int:
    """The domain rule with a Python set; the least that another way could do."""
    hits = 0
    for host in columns[2].to_pylist():
        labels = host.split(".")
        hits += any(".".join(labels[at:]) in domains for at in range(len(labels)))
    return hits


def measure(entries: int, folder: Path) -> dict[str, object]:
    from lakeprep.kernels.urls import match
    from lakeprep.lists.compiled import compiled, gather, write
    from lakeprep.recipe import Url
    from lakeprep.score.url import url_features

    names = make_names(entries)
    plain, zipped, url_list, imported = (
        folder / name for name in ("plain.txt", "plain.txt.gz", "urls.txt", "lists.arrow")
    )
    plain.write_text("\n".join(names))
    zipped.write_bytes(gzip.compress(plain.read_bytes(), 6))
    paths = ("/", "/a/b.html", "/view?id=1&utm_source=x&a=2", "/c/", "/d?x")
    odd = "/list/%7Euser"
    lines = (name + (odd if n % 20 == 9 else paths[n % 5]) for n, name in enumerate(names))
    url_list.write_text("\n".join(lines))
    write(gather([str(plain)]), imported)

    rules = {"lists": [str(plain)], "blocked_words": ["sex", "casino"], "soft_words": ["hot"]}
    made = compiled(Url.model_validate({**rules, "substrings": ["freebet", "livecams"]}))
    urls = pa.array([f"https://www.{names[n * 3 % entries][n % 2 :]}/p/{n}" for n in range(URLS)])
    columns = [urls, *url_features(urls)]
    size = sum(column.nbytes for column in columns)
    matching = best(lambda: match(made.tables, *columns))
    sets = best(lambda: by_sets(columns, set(names)))

    for name, value in (("tables", made.tables), ("columns", columns)):
        (folder / name).write_bytes(pickle.dumps(value, protocol=5))
    call = [sys.executable, "-c", WORKER, str(folder / "tables"), str(folder / "columns")]
    worker = json.loads(subprocess.run(call, check=True, capture_output=True).stdout)
    return {
        "entries": entries,
        "load_seconds": {  # to tables ready to match
            "plain domains": best(lambda: gather([str(plain)]).tables()),
            "gzip domains": best(lambda: gather([str(zipped)]).tables()),
            "plain URLs, 40 % with a query, 5 % with escapes": best(
                lambda: gather([str(url_list)]).tables()
            ),
            "imported": best(lambda: gather([str(imported)]).tables()),
        },
        "bytes": {path.name: path.stat().st_size for path in (plain, zipped, imported)},
        "match": {
            "urls": URLS,
            "seconds": matching,
            "urls_per_cpu_second": round(URLS / matching["cpu"]),
            "megabytes_per_cpu_second": round(size / matching["cpu"] / 1e6, 1),
            "python_sets_domain_rule_only_seconds": sets,
        },
        "worker": worker,
    }


def main() -> None:
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        result = measure(entries, Path(folder))
    result |= {
        "command": f"benchmarks/url_lists.py {entries}",
        "python": platform.python_version(),
        "machine": platform.machine(),
        "note": "one process, best of three; the machine was shared with other work",
    }
    target = ROOT / "benchmarks" / "results" / "url_lists.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
