"""Spark's Python daemon with the compiled kernels and models loaded before workers are forked, so
that workers share them and no first batch waits for them (`spark.python.daemon.module`)."""

from __future__ import annotations

from pyspark import daemon


def warm() -> None:
    """Load what the score pass needs by default; other options load theirs in the worker."""
    from lakeprep import kernels
    from lakeprep.score import extract_batch, language
    from lakeprep.score.options import ScoreOptions

    kernels.warm()
    extract_batch.prepare(ScoreOptions())
    language.prepare("fasttext")


if __name__ == "__main__":
    warm()
    daemon.manager()  # type: ignore[no-untyped-call]
