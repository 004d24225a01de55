"""Random choices that are the same on every machine and Python version (splitmix64)."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")
_MASK = (1 << 64) - 1


class Stream:
    """A stream of pseudo-random numbers named by what it is for. Two streams with other names
    are independent, so that adding a page or a case leaves all the others as they were."""

    __slots__ = ("_state",)

    def __init__(self, *name: object) -> None:
        seed = blake2b("\x1f".join(map(str, name)).encode(), digest_size=8).digest()
        self._state = int.from_bytes(seed, "big")

    def bits(self) -> int:
        """64 random bits. Constants: Steele, Lea and Flood 2014, as in java.util."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def below(self, n: int) -> int:
        """An integer from 0 to n - 1."""
        return (self.bits() * n) >> 64

    def between(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        return low + self.below(high - low + 1)

    def choice(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """A new list of the items in random order (Fisher and Yates)."""
        result = list(items)
        for i in range(len(result) - 1, 0, -1):
            j = self.below(i + 1)
            result[i], result[j] = result[j], result[i]
        return result
