"""Native code at arm's length: a child process works, watched from outside.

The child is forked with what is loaded by then, and stays. A batch's items are laid into memory
that both share; the child works them in order and writes one length-prefixed frame an item into a
pipe. The frames are the progress the parent watches: the item after the last full frame is the one
in work. If no byte comes for `seconds_per_item` the child is killed and that item ends as
`timeout`. If the child dies, the item in work is tried once more in a fresh child, because the
cause may lie outside it (an out-of-memory killer, memory held by earlier items); a second death
makes it an `error`. The rest of the batch goes on in a new child.

Built for a PySpark worker: only `waitpid` on the own child, the worker's file descriptors are
untouched in the parent and closed in the child, which leaves by `os._exit` and so flushes nothing
twice. The child dies with the worker: by PR_SET_PDEATHSIG on Linux, elsewhere when it sees its pipe
closed, or when its CPU seconds for one item are used up.
"""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import mmap
import os
import resource
import select
import signal
import struct
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from pathlib import Path
from typing import Final, Literal, NoReturn

from lakeprep.score.options import IsolationLimits

ItemStatus = Literal["done", "timeout", "error"]
#: From an item to its payload. It must not depend on what earlier items changed, and must not touch
#: Arrow's thread pool or a lock that another thread of the parent may hold.
Work = Callable[["Item"], bytes]

_FRAME: Final = struct.Struct("<BI")
_REQUEST: Final = struct.Struct("<QQ")
_LENGTHS: Final = struct.Struct("<QQ")
#: Bytes of bodies that are handed over at a time, one more apart: a processor's cache holds them
#: until the child has read them.
_PORTION_BYTES: Final = 1 << 20
_LEAST_SHARED_BYTES: Final = 1 << 22
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
class Item:
    """What one call of the work gets: bytes, and some more that say what they are."""

    body: bytes | memoryview
    label: bytes = b""


@dataclass(frozen=True)
class ItemOutcome:
    """How one item ended. `payload` is what the work returned (empty unless `done`); `detail`
    says why it is not done, in at most 300 characters."""

    status: ItemStatus
    payload: bytes = b""
    detail: str = ""


@dataclass(frozen=True)
class _Child:
    """One forked child: its process id, the end of the pipe that it takes requests from, and of
    that which it writes frames to."""

    pid: int
    requests: int
    frames: int


class Isolated:
    """`work`, done by a child. The child is forked when there is something to do and kept until
    `close`, or until it dies."""

    def __init__(self, work: Work, limits: IsolationLimits) -> None:
        self.work = work
        self._limits = limits
        self._child: _Child | None = None
        self._shared = mmap.mmap(-1, _LEAST_SHARED_BYTES)
        self._owner = os.getpid()

    def run(self, items: Sequence[Item]) -> list[ItemOutcome]:
        """The outcomes of the items, in order. An exception in an item is that item's `error`, and
        the child goes on. Raises OSError only if the machine refuses to fork, to share memory or to
        open a pipe."""
        self._forget_child_of_another()
        sizes = accumulate(len(item.body) for item in items)
        portions = groupby(items, lambda _: next(sizes) // _PORTION_BYTES)
        return [outcome for _, portion in portions for outcome in self._run(list(portion))]

    def _run(self, items: Sequence[Item]) -> list[ItemOutcome]:
        """`run` of items that are laid into the shared memory together."""
        places = self._lay_out(items)
        outcomes: list[ItemOutcome] = []
        deaths_of_next = 0
        while len(outcomes) < len(items):
            before = len(outcomes)
            child = self._child = self._child or _fork(self.work, self._shared, self._limits)
            # A child that is dead already is found so by `_drain`.
            with suppress(BrokenPipeError):
                os.write(child.requests, _REQUEST.pack(places[before], len(items) - before))
            stalled = wait_status = None
            try:
                stalled = _drain(child, len(items), outcomes, self._limits.seconds_per_item)
            finally:
                if len(outcomes) < len(items):
                    wait_status = self.close()
            if len(outcomes) > before:
                deaths_of_next = 0
            if wait_status is None:
                return outcomes
            if stalled or _ran_out_of_cpu(wait_status):
                outcomes.append(ItemOutcome("timeout", detail=_timeout_detail(self._limits)))
                deaths_of_next = 0
            else:
                deaths_of_next += 1
                if deaths_of_next >= _ATTEMPTS:
                    outcomes.append(ItemOutcome("error", detail=_death_detail(wait_status)))
                    deaths_of_next = 0
        return outcomes

    def close(self) -> int | None:
        """End the child, if there is one; then its wait status, as `_reap` says it."""
        child, self._child = self._child, None
        return None if child is None else _reap(child)

    def _forget_child_of_another(self) -> None:
        """A process that was forked with this object has no part in the child of its parent, nor
        in the memory that they share."""
        if self._owner != os.getpid():
            self._owner = os.getpid()
            self._shared = mmap.mmap(-1, _LEAST_SHARED_BYTES)
            if self._child is not None:
                os.close(self._child.requests)
                os.close(self._child.frames)
                self._child = None

    def _lay_out(self, items: Sequence[Item]) -> list[int]:
        """Write the items into the shared memory, a larger one if need be; where each begins."""
        sizes = [_LENGTHS.size + len(item.label) + len(item.body) for item in items]
        *places, end = accumulate(sizes, initial=0)
        if end > len(self._shared):
            self.close()
            self._shared = mmap.mmap(-1, max(end, 2 * len(self._shared)))
        for item, place in zip(items, places, strict=True):
            body = place + _LENGTHS.size + len(item.label)
            _LENGTHS.pack_into(self._shared, place, len(item.label), len(item.body))
            self._shared[place + _LENGTHS.size : body] = item.label
            self._shared[body : body + len(item.body)] = item.body
        return places


def run_here(work: Work, item: Item) -> ItemOutcome:
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
    poller.register(child.frames, select.POLLIN)
    pending = bytearray()
    deadline = time.monotonic() + seconds_per_item
    while len(outcomes) < count:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            return True
        if not poller.poll(remaining * 1000):
            continue
        chunk = os.read(child.frames, _READ_BYTES)
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
    os.close(child.requests)
    os.close(child.frames)
    # A child that is already dying keeps the status it dies with, so killing it is always safe.
    with suppress(ProcessLookupError):
        os.kill(child.pid, signal.SIGKILL)
    try:
        return os.waitpid(child.pid, 0)[1]
    except ChildProcessError:
        return -1


def _fork(work: Work, shared: mmap.mmap, limits: IsolationLimits) -> _Child:
    """Fork a child that works what it is asked for."""
    parent = os.getpid()
    address_space = _address_space_limit(limits.memory_bytes)
    pipes: list[int] = []
    try:
        pipes += os.pipe()
        pipes += os.pipe()
        with warnings.catch_warnings():
            # Python 3.12 warns that threads and fork do not mix: the child is kept to code that
            # takes no lock of theirs, which is what this module is for.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
    except OSError:
        for end in pipes:
            os.close(end)
        raise
    to_child, requests, frames, from_child = pipes
    if pid == 0:
        _be_the_child(work, shared, to_child, from_child, parent, address_space, limits)
    os.close(to_child)
    os.close(from_child)
    return _Child(pid, requests, frames)


def _be_the_child(
    work: Work,
    shared: mmap.mmap,
    requests: int,
    frames: int,
    parent: int,
    address_space: int,
    limits: IsolationLimits,
) -> NoReturn:
    """Work what is asked for, one frame an item, until the parent closes its end of the pipe; then
    leave without unwinding the parent's stack."""
    code = 1
    try:
        _settle_in((requests, frames), parent, address_space)
        _make_read_only(shared)
        while request := os.read(requests, _REQUEST.size):
            place, count = _REQUEST.unpack(request)
            for _ in range(count):
                _allow_cpu(limits.seconds_per_item)
                item, place = _item_at(shared, place)
                _write_all(frames, _frame_of(work, item))
        code = 0
    except MemoryError:
        code = _EXIT_OUT_OF_MEMORY
    finally:
        os._exit(code)


def _item_at(shared: mmap.mmap, place: int) -> tuple[Item, int]:
    """The item that begins at `place`, its body not copied, and where the next one does."""
    label_bytes, body_bytes = _LENGTHS.unpack_from(shared, place)
    label = place + _LENGTHS.size
    body = label + label_bytes
    end = body + body_bytes
    return Item(memoryview(shared)[body:end], shared[label:body]), end


def _frame_of(work: Work, item: Item) -> bytes:
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


def _settle_in(pipes: tuple[int, int], parent: int, address_space: int) -> None:
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
    for begin, end in pairwise((2, *sorted(pipes), _HIGHEST_DESCRIPTOR)):
        os.closerange(begin + 1, end)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower_limit(resource.RLIMIT_AS, address_space)
    _widen(pipes[1])


def _make_read_only(shared: mmap.mmap) -> None:
    """Keep an item that has the native code in its hands off those that are still to come."""
    start = ctypes.addressof(ctypes.c_char.from_buffer(shared))
    ctypes.CDLL(None).mprotect(ctypes.c_void_p(start), ctypes.c_size_t(len(shared)), mmap.PROT_READ)


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
