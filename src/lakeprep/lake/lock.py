"""One writer at a time for an embedded lake."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lakeprep.errors import LakeBusy


@contextmanager
def writer_lock(lake: Path | None) -> Iterator[None]:
    """Hold `lake/.writer` while a run writes; the kernel lets go of it however the process ends.

    SQLite is one file with one writer, and a run that holds the lock knows that every branch it
    finds was left by a dead one. Other catalogs (`lake` None) rely on staging alone.

    Raises:
        LakeBusy: another run is writing.
    """
    if lake is None:
        yield
        return
    with (lake / ".writer").open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            holder = handle.read(20).strip() or "unknown"
            raise LakeBusy(
                f"another run (process {holder}) is writing to {lake}; run again when it has ended"
            ) from None
        handle.seek(0)
        handle.truncate()
        handle.write(str(os.getpid()))
        handle.flush()
        yield
