"""What the kernels of the markup scan share: what is known by the name of a tag, and the cells of
their state."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lakeprep.kernels.compiled import BYTES, helper, kernel

Bytes: TypeAlias = NDArray[np.uint8]
Ints: TypeAlias = NDArray[np.int64]
Hashes: TypeAlias = NDArray[np.uint64]
Hash: TypeAlias = np.uint64

# What the name of a tag says of it.
VOID: Final = 1 << 0
RAW_TEXT: Final = 1 << 1
FORMATTING: Final = 1 << 2
CLOSES_P: Final = 1 << 3
SCOPE: Final = 1 << 4
FOREIGN: Final = 1 << 5
LIST_ITEM: Final = 1 << 6
CELL: Final = 1 << 7
ROW: Final = 1 << 8
ROW_GROUP: Final = 1 << 9
TABLE: Final = 1 << 10
PARAGRAPH: Final = 1 << 11
LIST: Final = 1 << 12
IGNORED: Final = 1 << 13
OPTION: Final = 1 << 14
SELECT: Final = 1 << 15
SCRIPT: Final = 1 << 16
# What is inside is no text of the page.
HOLLOW: Final = 1 << 17
# The name is (also) that of an attribute that is read.
ATTRIBUTE: Final = 1 << 18
# Its white space is text.
PREFORMATTED: Final = 1 << 19
# It shows nothing and holds nothing: of HTML, and of a drawing.
UNSEEN: Final = 1 << 20
SHAPE: Final = 1 << 21

# Slots of the table from names to flags; a power of two, several times the number of names.
SLOTS: Final = 1024
# Cells of the state that the kernels share.
HEIGHT: Final = 0  # open elements, formatting tags apart
ACTIVE_START: Final = 1  # first open formatting tag since the last marker (cell, caption, ...)
ACTIVE_END: Final = 2
FOREIGN_DEPTH: Final = 3
NODES: Final = 4
DEPTH: Final = 5
STEPS: Final = 6
ATTRIBUTES: Final = 7
SELF_CLOSING: Final = 8
OPTIONS: Final = 9  # in the open <select>; -1 if there is none
PARAGRAPHS: Final = 10  # open ones
COPIED: Final = 11  # bytes of the copy so far
BEHIND: Final = 12  # what is before this position of the page is in the copy or left out of it
KEEPS_SPACE: Final = 13  # 1 from the first preformatted element on
STATE_CELLS: Final = 14


@helper
def hash_of(data: Bytes, start: int, end: int) -> Hash:
    """FNV-1a over lower-cased ASCII; never 0, which marks a free slot."""
    hashed = np.uint64(0xCBF29CE484222325)
    for i in range(start, end):
        byte = data[i]
        if 65 <= byte <= 90:
            byte += np.uint8(32)
        hashed = (hashed ^ np.uint64(byte)) * np.uint64(0x100000001B3)
    return hashed | np.uint64(1)


@helper
def slot_of(names: Hashes, hashed: Hash) -> np.int64:
    """The slot that holds `hashed`, or the free one where it belongs."""
    slot = np.int64(hashed & np.uint64(SLOTS - 1))
    while names[slot] != 0 and names[slot] != hashed:
        slot = (slot + 1) & (SLOTS - 1)
    return slot


@helper
def flags_of(name: Hash, table: Hashes, table_flags: Ints) -> int:
    """What the table says of a name; 0 if it does not know it."""
    slot = slot_of(table, name)
    return int(table_flags[slot]) if table[slot] == name else 0


@kernel(f"void({BYTES}, int64, uint64[::1], int64[::1])")
def add_tag(tag: Bytes, flag: int, names: Hashes, flags: Ints) -> None:
    """Enters the flag of a tag, or one more of them, into the table that `scan` takes."""
    hashed = hash_of(tag, 0, len(tag))
    slot = slot_of(names, hashed)
    names[slot] = hashed
    flags[slot] |= flag
