"""What one would write with datasketch: signatures in all processes, then one LSH index; a
document that meets an earlier one that was kept is removed. Belongs to bench_duplicates.py.

    datasketch_lsh.py TEXTS SCRATCH PROCESSES

14 bands of 8 rows, 5 words a shingle; similarity is not verified. SCRATCH/found.json gets the
seconds of each step and the places (file, row) of the documents removed.
"""

from __future__ import annotations

import json
import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pyarrow.parquet as pq
from datasketch import MinHash, MinHashLSH

_WORD = re.compile(r"\w+")
_BATCH = 500


def signatures(texts: list[str]) -> list[MinHash]:
    """A signature a text."""
    sketches = []
    for text in texts:
        words = _WORD.findall(text.lower())
        sketch = MinHash(num_perm=112, seed=1, scheme="affine32")
        sketch.update_batch(
            [" ".join(words[i : i + 5]).encode() for i in range(max(1, len(words) - 4))]
        )
        sketches.append(sketch)
    return sketches


def main() -> None:
    texts, scratch, processes = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    began = time.perf_counter()
    places, batches = [], []
    for file, path in enumerate(sorted(texts.glob("*.parquet"))):
        column = pq.read_table(path, columns=["text"])["text"].to_pylist()
        places += [(file, row) for row in range(len(column))]
        batches += [column[at : at + _BATCH] for at in range(0, len(column), _BATCH)]
    with ProcessPoolExecutor(processes) as pool:
        sketches = [sketch for some in pool.map(signatures, batches) for sketch in some]
    signed = time.perf_counter()
    index = MinHashLSH(num_perm=112, params=(14, 8))
    removed = []
    for number, sketch in enumerate(sketches):
        if index.query(sketch):
            removed.append(places[number])
        else:
            index.insert(number, sketch)
    seconds = {"signatures": signed - began, "index": time.perf_counter() - signed}
    (scratch / "found.json").write_text(json.dumps({"seconds": seconds, "removed": removed}))


if __name__ == "__main__":
    main()
