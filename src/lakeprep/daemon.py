"""Spark's Python daemon with the compiled kernels loaded before workers are forked, so that a
worker's first batch waits for no compiler (`spark.python.daemon.module`)."""

from __future__ import annotations

from pyspark import daemon

from lakeprep import kernels

if __name__ == "__main__":
    kernels.warm()
    daemon.manager()  # type: ignore[no-untyped-call]
