"""What the kernels of the markup scan share: what is known by the name of a tag, and the cells of
their state."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lakeprep.kernels.compiled import BYTES, helper, kernel

Bytes: TypeAlias = NDArray[np.uint8]
Ints: TypeAlias = NDArray[np.int64]
IntRows: TypeAlias = NDArray[np.int64]
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
# It ends SVG and MathML; <font> does so with some attributes.
BREAKS_OUT: Final = 1 << 22
OF_FONT: Final = 1 << 23
MATH: Final = 1 << 24
# Within SVG, or within MathML, it holds HTML.
SVG_HOLDER: Final = 1 << 25
MATH_HOLDER: Final = 1 << 26
HOLDER: Final = SVG_HOLDER | MATH_HOLDER
# Formatting tags from before it are not copied into it.
MARKER: Final = 1 << 27
# Of a description list.
DESCRIPTION: Final = 1 << 28
# A list item looks through it for the one before.
TRANSPARENT: Final = 1 << 29
NOSCRIPT: Final = 1 << 30
HEADING: Final = 1 << 31
FORM: Final = 1 << 32
RUBY_PART: Final = 1 << 33
# It ends a <select>.
ENDS_SELECT: Final = 1 << 34
BUTTON: Final = 1 << 35
# On the stack, shifted so far: IN_FOREIGN before the element was opened.
BEFORE: Final = 36

TABLE_PART: Final = CELL | ROW | ROW_GROUP
# End tags of other elements do not reach through it ("special" in the standard).
SPECIAL: Final = (
    CLOSES_P | PARAGRAPH | TABLE_PART | TABLE | LIST | SCOPE | SELECT | BUTTON | NOSCRIPT
)

# Slots of the table from names to flags; a power of two, several times the number of names.
SLOTS: Final = 1024
# Cells of the state that the kernels share.
HEIGHT: Final = 0  # open elements, formatting tags apart
ACTIVE_START: Final = 1  # first open formatting tag since the last marker (cell, caption, ...)
ACTIVE_END: Final = 2
IN_FOREIGN: Final = 3  # 1 where an element would be one of SVG, 2 of MathML
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
TABLES: Final = 14  # open ones
FONT: Final = 15  # 1 if the last tag has an attribute of <font>
BOUNDARY: Final = 16  # place of the innermost open element that bounds a scope; -1 if there is none
FORM_END: Final = 17  # behind the place of the <form> that keeps others from opening; 0: none
STATE_CELLS: Final = 18


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
