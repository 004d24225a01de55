"""Numba kernels over Arrow string buffers. Pure: no Spark, no I/O.

- `signals`: `text_signals`, `script`; RULES.md sections 2, 3, 5, 7
- `minhash`: `band_keys`, `signatures`, `shingle_sets`, `jaccard_containment`; section 9
- `survivors`: `Survivors`, which documents survive their duplicates; over `buckets`
- `line_editor`: `edit_lines`; section 4
- `passages`: `find_passages`, `settle`; section 10; `cuts`: `cut_spans`
- `masks`: `find_spans`, `count_kinds`, `mask`; section 11
- `urls`: `hash_strings`, `automaton_of`, `match`; section 8
- `fasttext`: `most_probable`; the language model

Modules compile their kernels, or load them from a disk cache, when they are imported: import them
where they are used, and call `warm` once before workers are forked.
"""

from __future__ import annotations

import os
from pathlib import Path

# Numba colours the message of everything that it tries in vain while it compiles: a tenth of the
# time.
os.environ.setdefault("NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING", "1")


def warm() -> float:
    """Imports, and so compiles or loads, every kernel, and reads the tables they need. Returns the
    seconds it took."""
    import pkgutil
    import time
    from importlib import import_module

    began = time.perf_counter()
    from lakeprep.kernels.compiled import uncollected

    with uncollected():
        for module in pkgutil.iter_modules(__path__, f"{__name__}."):
            import_module(module.name)

    import pyarrow as pa

    from lakeprep.kernels import masks, minhash, signals, urls

    texts = pa.array(["warm"])
    signals.text_signals(texts)
    signals.script(texts)
    minhash.band_keys(texts)
    minhash.shingle_sets(texts)
    masks.find_spans(texts)
    urls.hash_strings(texts)
    return time.perf_counter() - began


def ship(folder: Path) -> float:
    """Compiles every kernel into `folder`, for LAKEPREP_KERNELS on machines of this CPU; what other
    machines or versions have put there stays. Call it before any kernel is imported. Returns the
    seconds it took. Raises UsageError if the folder cannot be written."""
    from lakeprep.errors import UsageError

    os.environ.pop("LAKEPREP_KERNELS", None)
    os.environ["NUMBA_CACHE_DIR"] = str(folder.absolute())
    from lakeprep.kernels.compiled import COMPLETE, cache_directory

    made = cache_directory()
    if made.parent != folder.absolute():
        raise UsageError(f"--to {folder}: the folder cannot be written")
    seconds = warm()
    (made / COMPLETE).touch()
    return seconds
