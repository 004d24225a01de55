"""Benchmarks: `make bench`, `make bench ARGS=kernels`, `make bench ARGS="stage --mb 500"`.

Each writes results/NAME.json: figures beside those of a bare loop over the same input in the same
run, and the facts of the machine. Figures of a busy machine are worth nothing but their ratios.
"""

from __future__ import annotations

import argparse
import importlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

import measure

NAMES = {
    "kernels": "each kernel and family on one core, MB of text a second",
    "fused": "the score pass on one core, step by step, and a worker's memory over time",
    "stage": "the score stage on JSON lines, beside datatrove, and on WARC, beside a bare loop",
    "duplicates": "the duplicate step on synthetic documents, beside datatrove and datasketch",
    "main_job": "`lakeprep run` on a crawl, first and second time",
    "compile": "seconds to compile the kernels, and to load them",
}


@dataclass(frozen=True)
class Setting:
    """What a benchmark may use: a scratch folder, megabytes of text (None: its own choice), and
    a folder of JSON lines and WARC files to measure on instead of the usual ones, a number of
    synthetic documents, the folder of datatrove's virtual environment, and whether other tools stay
    out of it (duplicates)."""

    scratch: Path
    megabytes: float | None
    folder: Path | None
    documents: int | None = None
    environment: Path | None = None
    alone: bool = False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    shown = "; ".join(f"{name}: {what}" for name, what in NAMES.items())
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{shown}. Default: all.")
    parser.add_argument("--mb", type=float, help="megabytes of text")
    parser.add_argument("--folder", type=Path, help="JSON lines (lang, text) and WARC files")
    parser.add_argument("--documents", type=int, help="synthetic documents (duplicates)")
    parser.add_argument("--environment", type=Path, help="datatrove's environment")
    parser.add_argument("--alone", action="store_true", help="without other tools (duplicates)")
    parser.add_argument("--scratch", type=Path, help="where to put temporary files")
    given = parser.parse_args()
    if unknown := set(given.names) - set(NAMES):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    for name in given.names or NAMES:
        facts = measure.machine()
        with tempfile.TemporaryDirectory(dir=given.scratch) as scratch:
            setting = Setting(
                Path(scratch),
                given.mb,
                given.folder,
                given.documents,
                given.environment,
                given.alone,
            )
            result = importlib.import_module(f"bench_{name}").measure(setting)
        measure.write(name, {"machine": facts, **result})


if __name__ == "__main__":
    main()
