"""What breaks if this fails: one page that crashes or hangs native code takes its whole task, and
so the run, with it, or leaves processes behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lakeprep.errors import RecipeError
from lakeprep.score.isolate import Isolated, Item, ItemOutcome
from lakeprep.score.options import IsolationLimits

QUICK = IsolationLimits(seconds_per_item=0.5, memory_bytes=256 << 20)
PATIENT = IsolationLimits(seconds_per_item=60, memory_bytes=256 << 20)


def run_isolated(
    count: int, work: Callable[[int], bytes], limits: IsolationLimits
) -> list[ItemOutcome]:
    """The outcomes of numbered items."""
    isolated = Isolated(lambda item: work(int(item.label)), limits)
    try:
        return isolated.run([Item(b"", b"%d" % number) for number in range(count)])
    finally:
        isolated.close()


def with_one_bad(bad: Callable[[], object]) -> Callable[[int], bytes]:
    """Work in which item 2 of 5 misbehaves."""

    def work(item: int) -> bytes:
        if item == 2:
            bad()
        return b"item %d" % item

    return work


@pytest.mark.parametrize("size", [0, 100_000, 3 << 20])
def test_more_than_is_handed_over_at_once_comes_back_in_order(size: int) -> None:
    def work(item: Item) -> bytes:
        if item.label == b"25":
            crash()
        return item.label + bytes(item.body[-2:])

    items = [Item(bytes([number]) * size, b"%d" % number) for number in range(30)]
    isolated = Isolated(work, PATIENT)
    try:
        outcomes = isolated.run(items)
    finally:
        isolated.close()

    assert [outcome.payload for outcome in outcomes] == [
        b"" if item.label == b"25" else item.label + bytes(item.body[-2:]) for item in items
    ]
    assert statuses(outcomes) == ["done"] * 25 + ["error"] + ["done"] * 4


def statuses(outcomes: list[ItemOutcome]) -> list[str]:
    return [outcome.status for outcome in outcomes]


def eat_memory() -> object:
    return [bytearray(16 << 20) for _ in range(64)]


def crash() -> object:
    return ctypes.string_at(0)


def sleep_for_ever() -> None:
    while True:
        time.sleep(3600)


def test_payloads_come_back_in_order_whatever_their_size() -> None:
    sizes = [0, 1, 65_536, 3_000_000, 7]

    outcomes = run_isolated(len(sizes), lambda item: b"x" * sizes[item], PATIENT)

    assert [len(outcome.payload) for outcome in outcomes] == sizes
    assert statuses(outcomes) == ["done"] * len(sizes)


def test_items_cross_whole_whatever_their_size() -> None:
    """Also where the memory that is shared has to grow between two batches."""
    isolated = Isolated(lambda item: item.label + bytes(item.body)[::-1], PATIENT)
    batches = [[b"", b"abc"], [b"x" * 5_000_000 + b"y", b"z"], [b"small again"]]
    try:
        for bodies in batches:
            found = isolated.run([Item(memoryview(body), b"label ") for body in bodies])
            assert [outcome.payload for outcome in found] == [b"label " + b[::-1] for b in bodies]
    finally:
        isolated.close()


def test_an_item_cannot_change_the_next() -> None:
    """Native code that is led astray by one page must not write into another."""

    def work(item: Item) -> bytes:
        if item.label == b"bad":
            start = ctypes.addressof(ctypes.c_char.from_buffer(item.body))
            ctypes.memset(start, 0, len(item.body))
        return bytes(item.body)

    isolated = Isolated(work, PATIENT)
    try:
        found = isolated.run([Item(b"first", b"bad"), Item(b"second")])
    finally:
        isolated.close()
    assert statuses(found) == ["error", "done"]
    assert "signal 11" in found[0].detail
    assert found[1].payload == b"second"


def test_one_child_does_all_batches_until_it_dies() -> None:
    def work(item: Item) -> bytes:
        if item.label == b"bad":
            crash()
        return str(os.getpid()).encode()

    isolated = Isolated(work, PATIENT)
    try:
        first, second = (isolated.run([Item(b""), Item(b"")]) for _ in range(2))
        assert len({outcome.payload for outcome in first + second}) == 1
        bad, after = isolated.run([Item(b"", b"bad"), Item(b"")])
        assert bad.status == "error"
        assert after.payload != first[0].payload
        os.kill(int(after.payload), signal.SIGKILL)
        assert statuses(isolated.run([Item(b"")])) == ["done"], "a child that died idle"
    finally:
        isolated.close()


def test_a_process_forked_from_the_worker_has_a_child_of_its_own() -> None:
    """Answers would go to whoever reads first."""
    isolated = Isolated(lambda item: str(os.getpid()).encode(), PATIENT)
    try:
        mine = isolated.run([Item(b"")])[0].payload
        read_end, write_end = os.pipe()
        if (other := os.fork()) == 0:
            os.write(write_end, isolated.run([Item(b"")])[0].payload)
            os._exit(0)
        os.close(write_end)
        theirs = os.read(read_end, 100)
        os.close(read_end)
        os.waitpid(other, 0)
        assert theirs and theirs != mine
        assert isolated.run([Item(b"")])[0].payload == mine
    finally:
        isolated.close()


def test_nothing_to_do_is_done() -> None:
    assert run_isolated(0, lambda item: b"", PATIENT) == []


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (crash, "signal 11"),
        (eat_memory, "memory"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "signal 9"),
        (lambda: os._exit(3), "exit code 3"),
        (lambda: os.abort(), "signal 6"),
    ],
)
def test_a_death_costs_one_item(bad: Callable[[], object], word: str) -> None:
    outcomes = run_isolated(5, with_one_bad(bad), PATIENT)

    assert statuses(outcomes) == ["done", "done", "error", "done", "done"]
    assert word in outcomes[2].detail


def test_a_hanging_item_is_killed_and_the_rest_goes_on() -> None:
    outcomes = run_isolated(5, with_one_bad(sleep_for_ever), QUICK)

    assert statuses(outcomes) == ["done", "done", "timeout", "done", "done"]
    assert "0.5 s" in outcomes[2].detail


def test_every_item_may_be_bad() -> None:
    outcomes = run_isolated(3, lambda item: crash() or b"", PATIENT)

    assert statuses(outcomes) == ["error"] * 3


def test_an_exception_is_reported_in_bounds_and_the_same_child_goes_on() -> None:
    def work(item: int) -> bytes:
        if item == 1:
            raise ValueError("\udc80 page " * 10_000)
        return str(os.getpid()).encode()

    outcomes = run_isolated(3, work, PATIENT)

    assert statuses(outcomes) == ["done", "error", "done"]
    assert outcomes[1].detail.startswith("ValueError: ")
    assert len(outcomes[1].detail) <= 300
    assert outcomes[0].payload == outcomes[2].payload != str(os.getpid()).encode()


def test_an_item_whose_child_died_of_something_else_is_tried_again(tmp_path: Path) -> None:
    seen = tmp_path / "seen"

    def work(item: int) -> bytes:
        if item == 1 and not seen.exists():
            seen.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return b"fine"

    outcomes = run_isolated(3, work, PATIENT)

    assert statuses(outcomes) == ["done"] * 3


def test_no_process_and_no_descriptor_is_left() -> None:
    def descriptors() -> int:
        return len(list(Path("/dev/fd").iterdir()))

    def children() -> set[str]:
        """Ours, zombies included; in a whole run of the tests Spark's JVM is one."""
        listed = Path(f"/proc/self/task/{os.getpid()}/children")
        return set(listed.read_text().split()) if listed.exists() else set()

    before, others = descriptors(), children()
    run_isolated(5, with_one_bad(crash), PATIENT)
    run_isolated(5, with_one_bad(sleep_for_ever), QUICK)

    assert descriptors() == before
    assert children() <= others


def test_the_child_holds_no_descriptor_of_the_worker_and_prints_nothing(
    capfd: pytest.CaptureFixture[str],
) -> None:
    read_end, write_end = os.pipe()

    def work(item: int) -> bytes:
        os.write(1, b"noise")
        os.write(2, b"noise")
        try:
            os.fstat(read_end)
        except OSError:
            return b"closed"
        return b"open"

    try:
        outcomes = run_isolated(1, work, PATIENT)
    finally:
        os.close(read_end)
        os.close(write_end)

    assert outcomes[0].payload == b"closed"
    assert capfd.readouterr() == ("", "")


def test_it_works_beside_threads() -> None:
    stop = threading.Event()
    threads = [threading.Thread(target=stop.wait) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        outcomes = run_isolated(20, lambda item: b"x", PATIENT)
    finally:
        stop.set()
        for thread in threads:
            thread.join()

    assert statuses(outcomes) == ["done"] * 20


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux only")
def test_the_child_dies_with_its_worker() -> None:
    script = (
        "import os, sys, time\n"
        "from lakeprep.score.isolate import Isolated, Item\n"
        "from lakeprep.score.options import IsolationLimits\n"
        "out = os.dup(1)\n"
        "def work(item):\n"
        "    if item.label == b'1': time.sleep(600)\n"
        "    return str(os.getpid()).encode()\n"
        "import lakeprep.score.isolate as isolate\n"
        "take = isolate._take_frames\n"
        "def tell(pending, outcomes):\n"
        "    take(pending, outcomes)\n"
        "    os.write(out, outcomes[-1].payload + b'\\n')\n"
        "isolate._take_frames = tell\n"
        "Isolated(work, IsolationLimits()).run([Item(b'', b'0'), Item(b'', b'1')])\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert worker.stdout is not None
    child = int(worker.stdout.readline())
    assert alive(child)

    worker.kill()
    worker.wait()
    worker.stdout.close()

    for _ in range(500):
        if not alive(child):
            break
        time.sleep(0.02)
    assert not alive(child)


def alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("values", [{"seconds_per_item": 0}, {"memory_bytes": -1}])
def test_limits_that_allow_nothing_are_refused(values: dict[str, int]) -> None:
    with pytest.raises(RecipeError, match=next(iter(values))):
        IsolationLimits(**values)
