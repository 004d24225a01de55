"""UTF-8 that was read as Latin-1 or Windows-1252: the signal `mojibake_ratio`.

A sequence is a character that stands for a leading byte of UTF-8 (``Â`` to ``ô``) and as many
characters as that byte asks for that stand for bytes 80 to BF: U+0080 to U+00BF, or what
Windows-1252 has in their place (``€``, ``™``, ``œ``, ...). Clean text has such sequences too: a
capital before a closing quotation mark or a no-break space (``LIBERTÉ »``), or ``Úž`` in Czech. So
a sequence counts only if

- it holds a C1 control (U+0080 to U+009F), which no clean text has, or
- sequences follow one another without a gap, and one of them holds a character that does not
  stand after letters in clean text (`ODD`): all of them count, or
- it is one of the few that are common and have no other reading, given its neighbours (`alone`).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels import unicode as u
from lakeprep.kernels.characters import FlagTable, last_point
from lakeprep.kernels.compiled import BYTES, OFFSETS, U32_TABLE, helper, kernel
from lakeprep.kernels.unicode import UnicodeTables
from lakeprep.kernels.utf8 import ByteArray, decode

Int64Array = npt.NDArray[np.int64]

# What a sequence holds, as bits.
ODD: Final = 1
TYPOGRAPHIC: Final = 2
CONTROL: Final = 4

#: Images in Windows-1252 of the bytes 80 to 9F; a blank where it has none.
WINDOWS: Final = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ"
#: Of bytes 80 to BF, what stands after letters in clean text: quotation marks, dashes, ellipses,
#: spaces, ordinals, powers, trade marks. Letters (Š, œ, ...) are neither these nor odd.
AFTER_LETTERS: Final = "‚„…‹‘’“”•–—™›\xa0©ª«\xad®°²³´·¹º»"

UPPER: Final = np.uint32(u.UPPER)
LOWER: Final = np.uint32(u.LOWER)
NO_BITS: Final = np.uint32(0)
OPENING: Final = 0xAB  # «


def _images() -> tuple[ByteArray, ByteArray]:
    """By code point below U+2123: the byte from 80 on that it stands for, else 0; its bits."""
    images = np.zeros(0x2123, dtype=np.uint8)
    bits = np.zeros(0x2123, dtype=np.uint8)
    images[0x80:0x100] = range(0x80, 0x100)
    bits[0x80:0xA0] = CONTROL
    bits[0xA0:0xC0] = ODD
    for byte, char in enumerate(WINDOWS, 0x80):
        if char != " ":
            images[ord(char)] = byte
            bits[ord(char)] = 0 if char.isalpha() and char != "ˆ" else ODD
    for char in AFTER_LETTERS:
        bits[ord(char)] = TYPOGRAPHIC
    images.setflags(write=False)
    bits.setflags(write=False)
    return images, bits


IMAGES, BITS = _images()


@helper
def sequence(
    data: ByteArray, at: int, end: int, images: ByteArray, bits: ByteArray
) -> tuple[int, int, int, int, int]:
    """The sequence that begins at `at`: where it ends (`at` if there is none), its characters,
    its first and second byte, what it holds."""
    first, stop = decode(data, at, end)
    if not 0xC2 <= first <= 0xF4:
        return at, 0, 0, 0, 0
    wanted = 1 if first < 0xE0 else 2 if first < 0xF0 else 3
    held, second = 0, 0
    for number in range(wanted):
        point, after = (0, stop) if stop >= end else decode(data, stop, end)
        image = int(images[point]) if point < len(images) else 0
        if not 0x80 <= image < 0xC0:
            # "â€" lacks its last character where that is none in Windows-1252.
            if first == 0xE2 and number == 1 and second == 0x80:
                return stop, 2, first, second, held
            return at, 0, 0, 0, 0
        if number == 0:
            second = image
        held |= bits[point]
        stop = after
    return stop, wanted + 1, first, second, held


@helper
def alone(first: int, second: int, held: int, before: np.uint32, after: np.uint32) -> bool:
    """Whether a sequence counts without others, by its first two bytes, what it holds, and the
    flags of the characters beside it."""
    if (held & CONTROL) != 0:
        return True
    touches = (before & LOWER) != NO_BITS or (after & LOWER) != NO_BITS
    if first == 0xC3:  # letters of western Europe
        return bool((held & TYPOGRAPHIC) == 0 or touches)
    if first == 0xC2:  # signs, and the no-break space
        return bool(second >= 0xA0 and (before & UPPER) == NO_BITS)
    if first < 0xDF and first != 0xD7 and (before & LOWER) != NO_BITS:  # a capital behind it
        return True
    if first == 0xC4 or first == 0xC5:  # letters of central Europe
        return (held & ODD) != 0 and touches
    if first == 0xE2:  # quotation marks and dashes, arrows, the euro, check marks
        return (held & ODD) != 0 or second == 0x9C
    if first == 0xEF:  # the byte order mark
        return second == 0xBB and (held & ODD) != 0
    return first == 0xF0 and second == 0x9F  # pictures


@helper
def flags_before(data: ByteArray, start: int, at: int, flags: FlagTable) -> np.uint32:
    """The flags of the character before `at`. What opens a quotation counts as a capital: « Â »
    speaks of a letter."""
    if at == start:
        return NO_BITS
    point, before = last_point(data, start, at)
    if point == 0xA0 and before > start:
        return flags_before_space(data, start, before)
    quoting = point == OPENING or point == 0x22 or point == 0x28 or 0x2018 <= point <= 0x201F
    return UPPER if quoting else flags[point]


@helper
def flags_before_space(data: ByteArray, start: int, at: int) -> np.uint32:
    """UPPER where « stands before `at`."""
    opened = at - 2 >= start and data[at - 2] == 0xC2 and data[at - 1] == OPENING
    return UPPER if opened else NO_BITS


@kernel(f"void({OFFSETS}, {BYTES}, {U32_TABLE}, {BYTES}, {BYTES}, float64[::1])")
def mojibake_kernel(
    offsets: Int64Array,
    data: ByteArray,
    flags: FlagTable,
    images: ByteArray,
    bits: ByteArray,
    out: npt.NDArray[np.float64],
) -> None:
    """The characters in sequences that count, a document."""
    for document in range(len(offsets) - 1):
        start, end = offsets[document], offsets[document + 1]
        at, total = start, 0
        while at < end:
            if data[at] != 0xC3:  # U+00C0 to U+00FF begin with this byte, and nothing else does
                at += 1
                continue
            run, members, held_by_run, counted = 0, 0, 0, 0
            before = flags_before(data, start, at, flags)
            while True:
                stop, size, first, second, held = sequence(data, at, end, images, bits)
                if stop == at:
                    break
                following = NO_BITS
                if stop < end:
                    point, _ = decode(data, stop, end)
                    following = flags[point]
                run += size
                members += 1
                held_by_run |= held
                if alone(first, second, held, before, following):
                    counted += size
                before = NO_BITS
                at = stop
            total += run if members > 1 and (held_by_run & (ODD | CONTROL)) != 0 else counted
            if members == 0:
                at += 2
        out[document] = total


def count_mojibake(
    offsets: Int64Array, data: ByteArray, tables: UnicodeTables
) -> npt.NDArray[np.float64]:
    """What `mojibake_kernel` counts."""
    out = np.zeros(len(offsets) - 1, dtype=np.float64)
    mojibake_kernel(offsets, data, tables.flags, IMAGES, BITS, out)
    return out
