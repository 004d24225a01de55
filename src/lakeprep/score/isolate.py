"""Native code at arm's length: a batch is worked off in a forked child, watched from outside.

The child inherits the batch by memory (nothing is sent to it), works its items in order and
writes one length-prefixed frame an item into a pipe. The frames are the progress the parent
watches: the item after the last full frame is the one in work. If no byte comes for
`seconds_per_item` the child is killed and that item ends as `timeout`. If the child dies, the item
in work is tried once more in a fresh child, because the cause may lie outside it (an out-of-memory
killer, memory held by earlier items); a second death makes it an `error`. The rest of the batch
goes on in a new child.

Built for a PySpark worker: only `waitpid` on the own child, the worker's file descriptors are
untouched in the parent and closed in the child, which leaves by `os._exit` and so flushes nothing
twice. The child dies with the worker: by PR_SET_PDEATHSIG on Linux, elsewhere at its next write
into the broken pipe or when its CPU seconds for one item are used up.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import os
import resource
import select
import signal
import struct
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NoReturn

from lakeprep.score.options import IsolationLimits

ItemStatus = Literal["done", "timeout", "error"]

_FRAME: Final = struct.Struct("<BI")
_DONE: Final = 0
_RAISED: Final = 1
_READ_BYTES: Final = 1 << 20
_DETAIL_CHARS: Final = 300
_EXIT_OUT_OF_MEMORY: Final = 86
_PR_SET_PDEATHSIG: Final = 1
_F_SETPIPE_SZ: Final = 1031
_HIGHEST_DESCRIPTOR: Final = 1 << 16
_ATTEMPTS: Final = 2


@dataclass(frozen=True)
class ItemOutcome:
    """How one item ended. `payload` is what the work returned (empty unless `done`); `detail`
    says why it is not done, in at most 300 characters."""

    status: ItemStatus
    payload: bytes = b""
    detail: str = ""


@dataclass(frozen=True)
class _Child:
    """One forked child: process id, read end of its pipe, and the item it began with."""

    pid: int
    pipe: int
    first: int


def run_isolated(
    count: int, work: Callable[[int], bytes], limits: IsolationLimits
) -> list[ItemOutcome]:
    """The outcomes of `work(0)` to `work(count - 1)`, each run in a forked child.

    `work` must not depend on what earlier items changed, and must not touch Arrow's thread pool or
    a lock that another thread of this process may hold. An exception in an item is that item's
    `error`, and the child goes on. Raises OSError only if the machine refuses to fork or open a
    pipe.
    """
    outcomes: list[ItemOutcome] = []
    deaths_of_next = 0
    while len(outcomes) < count:
        before = len(outcomes)
        child = _fork(before, count, work, limits)
        try:
            stalled = _drain(child, count, outcomes, limits.seconds_per_item)
        finally:
            wait_status = _reap(child)
        if len(outcomes) > before:
            deaths_of_next = 0
        if stalled or _ran_out_of_cpu(wait_status):
            outcomes.append(ItemOutcome("timeout", detail=_timeout_detail(limits)))
            deaths_of_next = 0
        elif len(outcomes) < count:
            deaths_of_next += 1
            if deaths_of_next >= _ATTEMPTS:
                outcomes.append(ItemOutcome("error", detail=_death_detail(wait_status)))
                deaths_of_next = 0
    return outcomes


def run_here(work: Callable[[int], bytes], item: int) -> ItemOutcome:
    """The outcome of one item in this very process, for work that needs no watching. MemoryError
    passes, because what is left of the heap is not to be trusted."""
    try:
        return ItemOutcome("done", work(item))
    except (MemoryError, KeyboardInterrupt):
        raise
    except BaseException as error:
        return ItemOutcome("error", detail=f"{type(error).__name__}: {error}"[:_DETAIL_CHARS])


def _drain(child: _Child, count: int, outcomes: list[ItemOutcome], seconds_per_item: float) -> bool:
    """Append the outcomes of the frames that arrive until the child closes its pipe or stalls;
    True if it stalled."""
    poller = select.poll()
    poller.register(child.pipe, select.POLLIN)
    pending = bytearray()
    deadline = time.monotonic() + seconds_per_item
    while len(outcomes) < count:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            return True
        if not poller.poll(remaining * 1000):
            continue
        chunk = os.read(child.pipe, _READ_BYTES)
        if not chunk:
            return False
        pending += chunk
        _take_frames(pending, outcomes)
        deadline = time.monotonic() + seconds_per_item
    return False


def _take_frames(pending: bytearray, outcomes: list[ItemOutcome]) -> None:
    """Move every full frame from the front of `pending` to `outcomes`."""
    position = 0
    while len(pending) - position >= _FRAME.size:
        kind, length = _FRAME.unpack_from(pending, position)
        end = position + _FRAME.size + length
        if len(pending) < end:
            break
        payload = bytes(memoryview(pending)[position + _FRAME.size : end])
        position = end
        if kind == _DONE:
            outcomes.append(ItemOutcome("done", payload))
        else:
            outcomes.append(ItemOutcome("error", detail=payload.decode("utf-8", "replace")))
    del pending[:position]


def _reap(child: _Child) -> int:
    """End the child if it still runs and collect it. Its wait status; -1 if it is not known
    because another part of this process collected it first."""
    os.close(child.pipe)
    # A child that is already dying keeps the status it dies with, so killing it is always safe.
    with suppress(ProcessLookupError):
        os.kill(child.pid, signal.SIGKILL)
    try:
        return os.waitpid(child.pid, 0)[1]
    except ChildProcessError:
        return -1


def _fork(first: int, count: int, work: Callable[[int], bytes], limits: IsolationLimits) -> _Child:
    """Fork a child that works the items from `first` on."""
    parent = os.getpid()
    address_space = _address_space_limit(limits.memory_bytes)
    read_end, write_end = os.pipe()
    try:
        with warnings.catch_warnings():
            # Python 3.12 warns that threads and fork do not mix: the child is kept to code that
            # takes no lock of theirs, which is what this module is for.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
    except OSError:
        os.close(read_end)
        os.close(write_end)
        raise
    if pid == 0:
        _be_the_child(range(first, count), work, write_end, parent, address_space, limits)
    os.close(write_end)
    return _Child(pid, read_end, first)


def _be_the_child(
    items: range,
    work: Callable[[int], bytes],
    pipe: int,
    parent: int,
    address_space: int,
    limits: IsolationLimits,
) -> NoReturn:
    """Work the items, one frame each, and leave without unwinding the parent's stack."""
    code = 1
    try:
        _settle_in(pipe, parent, address_space)
        for item in items:
            _allow_cpu(limits.seconds_per_item)
            _write_all(pipe, _frame_of(work, item))
        code = 0
    except MemoryError:
        code = _EXIT_OUT_OF_MEMORY
    finally:
        os._exit(code)


def _frame_of(work: Callable[[int], bytes], item: int) -> bytes:
    """The frame of one item."""
    outcome = run_here(work, item)
    if outcome.status == "done":
        return _FRAME.pack(_DONE, len(outcome.payload)) + outcome.payload
    detail = outcome.detail.encode("utf-8", "replace")
    return _FRAME.pack(_RAISED, len(detail)) + detail


def _write_all(pipe: int, frame: bytes) -> None:
    view = memoryview(frame)
    while view:
        view = view[os.write(pipe, view) :]


def _settle_in(pipe: int, parent: int, address_space: int) -> None:
    """Make the forked process a quiet, bounded child that cannot outlive or disturb its parent."""
    _die_with(parent)
    # Python's own handlers would run the parent's clean-up here.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGXCPU):
        signal.signal(number, signal.SIG_DFL)
    faulthandler.disable()
    sys.settrace(None)
    # A sweep over what was inherited would copy the parent's pages for nothing.
    gc.freeze()
    # The JVM waits for the end of the worker's socket, so no child may hold a copy of it; and a
    # native library that prints would print into the worker's protocol or the user's terminal.
    os.closerange(3, pipe)
    os.closerange(pipe + 1, _HIGHEST_DESCRIPTOR)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower_limit(resource.RLIMIT_AS, address_space)
    _widen(pipe)


def _die_with(parent: int) -> None:
    """Be killed when the parent dies (Linux). Leaves at once if it is dead already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def _widen(pipe: int) -> None:
    """Let a page's text fit into the pipe, so that the child seldom waits for the parent."""
    if sys.platform == "linux":
        import fcntl

        # A user's pipe pages are limited; the standard 64 KiB work as well.
        with suppress(OSError):
            fcntl.fcntl(pipe, _F_SETPIPE_SZ, 1 << 20)


def _allow_cpu(seconds_per_item: float) -> None:
    """Renew the CPU allowance before an item. It lies above the parent's wall-clock limit and
    only ends a child whose parent is gone and could not take it along (no PDEATHSIG)."""
    _lower_limit(resource.RLIMIT_CPU, int(time.process_time() + 2 * seconds_per_item) + 2)


def _lower_limit(kind: int, value: int) -> None:
    """Set a soft limit, never above the hard one that an administrator or Spark has set."""
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(kind, (value, hard))


def _address_space_limit(memory_bytes: int) -> int:
    """Bytes of address space the child may reach: what is mapped now and `memory_bytes` more.
    Only Linux tells (and enforces) it; elsewhere there is no limit."""
    statistics = Path("/proc/self/statm")
    if not statistics.exists():
        return resource.RLIM_INFINITY
    mapped_pages = int(statistics.read_text().split()[0])
    return mapped_pages * resource.getpagesize() + memory_bytes


def _ran_out_of_cpu(wait_status: int) -> bool:
    return (
        wait_status != -1
        and os.WIFSIGNALED(wait_status)
        and (os.WTERMSIG(wait_status) == signal.SIGXCPU)
    )


def _timeout_detail(limits: IsolationLimits) -> str:
    return f"no progress for {limits.seconds_per_item:g} s; the child process was killed"


def _death_detail(wait_status: int) -> str:
    """Why a child died, in words."""
    if wait_status == -1:
        return "the child process vanished"
    if os.WIFSIGNALED(wait_status):
        number = os.WTERMSIG(wait_status)
        return f"the child process died of signal {number} ({signal.strsignal(number)})"
    code = os.WEXITSTATUS(wait_status)
    if code == _EXIT_OUT_OF_MEMORY:
        return "the child process ran out of its memory allowance"
    return f"the child process left with exit code {code}"
