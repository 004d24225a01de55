"""Spark's Python daemon, made ready before workers are forked (`spark.python.daemon.module`).

Compiled kernels and models are loaded once, here, and shared by the workers. What was loaded is
then frozen: a worker collects garbage after every task, and would walk the 176,000 objects of the
compiler's modules each time (0.08 s of an idle core, more than a small task's work), touching, and
so copying, every page of memory that it shares.
"""

from __future__ import annotations

import gc


def warm() -> None:
    """Load what the score pass needs by default; other options load theirs in the worker."""
    from lakeprep import kernels
    from lakeprep.score import extract_batch, language
    from lakeprep.score.options import ScoreOptions

    kernels.warm()
    extract_batch.prepare(ScoreOptions())
    language.prepare("fasttext")


if __name__ == "__main__":
    from pyspark import daemon

    warm()
    gc.freeze()
    daemon.manager()  # type: ignore[no-untyped-call]
