"""datatrove's four MinHash steps over Parquet files of texts. Belongs to bench_duplicates.py, which
calls it in datatrove's own virtual environment.

    datatrove_minhash.py TEXTS SCRATCH PROCESSES

Its defaults, which are lakeprep's: 14 bands of 8 rows, 5 words a shingle. SCRATCH/found.json gets
the seconds of each step and the places (file, row) of the documents removed. Starting a process
and loading the tokenizer are part of each step.
"""

from __future__ import annotations

import json
import struct
import sys
import time
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers import ParquetWriter


def main() -> None:
    texts, scratch, processes = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    config = MinhashConfig()
    files = len(list(Path(texts).glob("*.parquet")))
    reader = ParquetReader(texts, id_key="url", read_metadata=False, glob_pattern="*.parquet")
    signatures, buckets, remove = (str(scratch / name) for name in ("sigs", "buckets", "remove"))
    steps = {
        "signatures": ([reader, MinhashDedupSignature(signatures, config=config)], files),
        "buckets": (
            [MinhashDedupBuckets(signatures, buckets, config=config)],
            config.num_buckets,
        ),
        "cluster": ([MinhashDedupCluster(buckets, remove, config=config)], 1),
        "filter": (
            [reader, MinhashDedupFilter(remove), ParquetWriter(str(scratch / "kept"))],
            files,
        ),
    }
    seconds = {}
    for name, (pipeline, tasks) in steps.items():
        began = time.perf_counter()
        LocalPipelineExecutor(
            pipeline, tasks=tasks, workers=processes, logging_dir=str(scratch / "logs" / name)
        ).run()
        seconds[name] = time.perf_counter() - began
    removed = [
        (file, row)
        for file in range(files)
        for (row,) in struct.iter_unpack("<I", _bytes(Path(remove) / f"{file:06d}.remove"))
    ]
    (scratch / "found.json").write_text(json.dumps({"seconds": seconds, "removed": removed}))


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


if __name__ == "__main__":
    main()
