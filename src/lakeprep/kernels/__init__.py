"""Numba kernels over Arrow string buffers. Pure: no Spark, no I/O.

- `signals`: `text_signals`, `script`; RULES.md sections 2, 3, 5, 7
- `minhash`: `band_keys`, `signatures`, `shingle_sets`, `jaccard_containment`; section 9
- `masks`: `find_spans`, `count_kinds`, `mask`; section 11

Modules compile their kernels, or load them from a disk cache, when they are imported: import them
where they are used, and call `warm` once before workers are forked.
"""

from __future__ import annotations


def warm() -> float:
    """Imports, and so compiles or loads, every kernel, and reads the tables they need. Returns the
    seconds it took."""
    import time

    began = time.perf_counter()
    import pyarrow as pa

    from lakeprep.kernels import masks, minhash, signals

    texts = pa.array(["warm"])
    signals.text_signals(texts)
    signals.script(texts)
    minhash.band_keys(texts)
    minhash.shingle_sets(texts)
    masks.find_spans(texts)
    return time.perf_counter() - began
