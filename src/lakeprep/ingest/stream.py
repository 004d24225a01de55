"""The decoded bytes of an input as one long run, with the place of every unit in the stored file.

Positions are those of the decoded run; in a plain file they are the file's own offsets. Only a
window is held: what lies before the cursor is dropped.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from enum import Enum

from lakeprep.ingest.codecs import Codec, DamagedMember, Member
from lakeprep.ingest.sources import Source

_ZEROS = 64 * 1024
_DROP_AT = 1 << 20


class End(Enum):
    """Why no more bytes can be had where the stream stands."""

    FILE = "end of file"
    DAMAGE = "damage"


class DecodedStream:
    """Sequential reading of one input from a stored offset on."""

    def __init__(self, source: Source, codec: Codec | None, start: int = 0) -> None:
        self.source, self.codec = source, codec
        self.position = 0 if codec else start
        self.end: End | None = None
        self.damage = ""
        self._begin(start)

    def _begin(self, stored: int) -> None:
        """Starts again at a stored offset; the decoded run goes on counting."""
        if self.codec is None:
            self.position = stored
        self._base = self.position
        self._window: bytes | bytearray = b""
        self._stored = stored
        self._input, self._input_at = b"", 0
        self._member: Member | None = None
        self._boundaries: deque[tuple[int, int]] = deque([(self.position, stored)])
        self.end = None
        self.damage = ""

    # -- what is in the window

    @property
    def decoded(self) -> int:
        """The position up to which bytes have been decoded so far."""
        return self._base + len(self._window)

    def reach(self, position: int) -> int:
        """Decodes up to `position`; returns it, or the position where the run ends before."""
        while self.decoded < position and self.end is None:
            self._step()
        return min(position, self.decoded)

    def bytes_of(self, start: int, end: int) -> bytes:
        """A copy of [start, end), which must have been reached and not dropped."""
        return bytes(memoryview(self._window)[start - self._base : end - self._base])

    def match(self, pattern: re.Pattern[bytes], start: int, end: int) -> re.Match[bytes] | None:
        """`pattern` at `start`; offsets inside the match are relative: use `.end() - .start()`."""
        return pattern.match(self._window, start - self._base, end - self._base)

    def search(self, pattern: re.Pattern[bytes], start: int, end: int) -> tuple[int, int] | None:
        """Where `pattern` is first found in [start, end): its start and end positions."""
        found = pattern.search(self._window, start - self._base, end - self._base)
        return (found.start() + self._base, found.end() + self._base) if found else None

    def find(self, needle: bytes, start: int, end: int) -> int:
        """Position of the first `needle` in [start, end), or -1."""
        found = self._window.find(needle, start - self._base, end - self._base)
        return found + self._base if found >= 0 else -1

    def advance(self, position: int) -> None:
        """Moves the cursor forward to a position that was reached; bytes before it may go."""
        self.position = position
        if position == self.decoded:
            self._window, self._base = b"", position
        elif position - self._base > _DROP_AT:
            if isinstance(self._window, bytes):
                self._window = bytearray(self._window)
            del self._window[: position - self._base]
            self._base = position
        while len(self._boundaries) > 1 and self._boundaries[1][0] <= position:
            self._boundaries.popleft()

    # -- where it stands in the stored file

    def unit_of(self, position: int) -> tuple[int, int]:
        """(stored offset, offset inside) of the unit that holds a position at or after the
        cursor; a plain file is one unit a byte."""
        if self.codec is None:
            return position, 0
        unit = self._boundaries[0]
        for boundary in self._boundaries:
            if boundary[0] > position:
                break
            unit = boundary
        return unit[1], position - unit[0]

    def boundaries(self, after: int, upto: int) -> list[int]:
        """Positions in (after, upto] at which a unit ended and another may begin."""
        return [place for place, _ in self._boundaries if after < place <= upto]

    def damaged_in(self, position: int) -> bool:
        """True if the run ends in damage to the unit that holds `position`."""
        return self.end is End.DAMAGE and self._boundaries[-1][0] <= position

    @property
    def stored_position(self) -> int:
        """How many bytes of the stored file have been decoded."""
        return self._stored

    def unit_end(self, position: int) -> int:
        """Stored offset of the first boundary at or after a position, or how far was read."""
        for place, stored in self._boundaries:
            if place >= position:
                return stored
        return self._stored

    # -- moving over what cannot be read

    def jump(self, stored: int) -> None:
        """Plain files: moves the cursor to a stored offset without reading what lies between."""
        self._begin(stored)

    def rescan(self, begins: Callable[[bytes], bool], stored: int | None, before: int) -> bool:
        """Compressed files: stands at the first unit in [stored, before) that decodes to something
        that `begins` accepts. `stored` None: behind the first byte of the current unit.

        One pass over the stored bytes; nothing is decoded but the first KiB of candidates.
        """
        assert self.codec is not None
        start = self._boundaries[-1][1] + 1 if stored is None else stored
        window, origin, size = b"", start, self.source.size
        probe = self.codec.probe_bytes
        while origin < min(size, before):
            if len(window) <= probe:
                ahead = max(self.source.chunk, 2 * probe)
                window += self.source.read(origin + len(window), ahead)
            at_end = origin + len(window) >= size
            usable = len(window) if at_end else len(window) - probe
            for candidate in self.codec.start.finditer(window, 0, min(usable + 3, len(window))):
                place = candidate.start()
                if origin + place >= before:
                    break
                if begins(self.codec.probe(window, place)):
                    self._restart(origin + place)
                    return True
            origin, window = origin + usable, window[usable:]
            if at_end:
                break
        self._restart(size)
        return False

    def _restart(self, stored: int) -> None:
        self.position = self.decoded
        self._begin(stored)

    # -- decoding

    def _step(self) -> None:
        if self.codec is None:
            data = self.source.read(self._stored, self.source.chunk)
            self._stored += len(data)
            self._append(data)
            if not data:
                self.end = End.FILE
        elif self._member is not None:
            self._decode(self._member)
        else:
            self._open_member(self.codec)

    def _open_member(self, codec: Codec) -> None:
        head = self._peek(4)
        if not head:
            self.end = End.FILE
        elif codec.start.match(head) or _skippable(codec, head):
            self._member = codec.open()
        elif not head.strip(b"\0"):
            self._pass_zeros()
        else:
            self.end, self.damage = End.DAMAGE, f"not the beginning of a {codec.name} unit"

    def _pass_zeros(self) -> None:
        """Padding after the last unit, as tapes and some object stores leave it."""
        while (data := self._peek(_ZEROS)) and not data.strip(b"\0"):
            self._take(len(data))
        data = self._peek(_ZEROS)
        self._take(len(data) - len(data.lstrip(b"\0")))
        self._bound()

    def _decode(self, member: Member) -> None:
        try:
            decoded, taken = member.feed(self._peek(member.wants))
        except DamagedMember as error:
            self._member = None
            self._append(error.decoded)
            self.end, self.damage = End.DAMAGE, str(error)
            return
        self._append(decoded)
        self._take(taken)
        if member.done:
            self._member = None
            self._bound()

    def _append(self, data: bytes) -> None:
        # Most records come in one piece, which is then not copied.
        if not self._window:
            self._window = data
        elif isinstance(self._window, bytearray):
            self._window += data
        else:
            self._window = bytearray(self._window)
            self._window += data

    def _bound(self) -> None:
        place = self.decoded
        if self._boundaries[-1][0] == place:
            # Empty units: a file of nothing else must not fill the memory with their places.
            self._boundaries.pop()
        self._boundaries.append((place, self._stored))

    def _peek(self, length: int) -> bytes:
        """Up to `length` stored bytes ahead, fewer only at the end of the file."""
        if len(self._input) - self._input_at < length:
            rest = self._input[self._input_at :]
            more = self.source.read(self._stored + len(rest), self.source.chunk)
            self._input, self._input_at = rest + more, 0
        return self._input[self._input_at : self._input_at + length]

    def _take(self, length: int) -> None:
        self._input_at += length
        self._stored += length


def _skippable(codec: Codec, head: bytes) -> bool:
    return codec.name == "zst" and head[1:4] == b"\x2a\x4d\x18" and 0x50 <= head[0] <= 0x5F
