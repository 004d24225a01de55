"""Telephone numbers in text: RULES.md section 11. Helpers of `masks.span_kernel`.

A number is read as groups of digits with separators between (space, no-break space, hyphen, dot,
slash, parentheses, dashes). Forms, the longest one that fits:

- international: ``+`` or ``00``, an assigned country code, 8 to 15 digits (E.164) in all;
- North American: area code and exchange begin with 2 to 9 and are not N11; 3-3-4 digits with
  separators, or (3) 7, optionally after ``1``, optionally with an extension;
- Chinese mobile: 1[3-9] and nine digits, in one (also after 86 or 0086) or as 3-4-4;
- Chinese landline: 010, 02x or 0[3-9]xx, then seven or eight digits, or 4-4 after a separator;
- any other number of 7 to 13 digits where a word for telephone stands within 40 bytes before it,
  and that is no date.

No match inside longer runs of digits, after currency signs, ``. - / = # _``, and not where dots,
hyphens or commas go on with digits behind it (dates, prices, versions, ISBN, account numbers).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from lakeprep.kernels.characters import is_digit
from lakeprep.kernels.compiled import helper
from lakeprep.kernels.phone_context import announced, extension_end, may_begin, may_end
from lakeprep.kernels.utf8 import ByteArray, byte_at

Int64Array = npt.NDArray[np.int64]
FlagTable = npt.NDArray[np.uint32]

GROUPS: Final = 9
FEWEST_DIGITS: Final = 7
MOST_DIGITS: Final = 24
SEPARATOR_BYTES: Final = 4

# Kinds of separator characters, as bits.
BLANK: Final = 1
HYPHEN: Final = 2
DOT: Final = 4
OPENING: Final = 8
CLOSING: Final = 16
SLASH: Final = 32

# Rows of the scratch array that `read_groups` fills, one column a group.
BEGIN: Final = 0
END: Final = 1
BEFORE: Final = 2  # separators before the group
DIGITS: Final = 3  # row of the number's digits
SCRATCH_ROWS: Final = 4


@helper
def separators(data: ByteArray, at: int, end: int) -> tuple[int, int]:
    """Separators at `at` that a digit follows: where that digit is, and their kinds; (at, 0)
    where none are or no digit follows."""
    kinds = 0
    here = at
    while here < end and here - at < SEPARATOR_BYTES:
        byte = data[here]
        if byte == 0x20:
            kinds |= BLANK
        elif byte == 0x2D:
            kinds |= HYPHEN
        elif byte == 0x2E:
            kinds |= DOT
        elif byte == 0x28:
            kinds |= OPENING
        elif byte == 0x29:
            kinds |= CLOSING
        elif byte == 0x2F:
            kinds |= SLASH
        elif byte == 0xC2 and here + 1 < end and data[here + 1] == 0xA0:
            kinds |= BLANK
            here += 1
        elif byte == 0xE2 and here + 2 < end and data[here + 1] == 0x80:
            if not (0x90 <= data[here + 2] <= 0x93):
                break
            kinds |= HYPHEN
            here += 2
        else:
            break
        here += 1
    if here < end and is_digit(data[here]) and kinds:
        return here, kinds
    return at, 0


@helper
def read_groups(data: ByteArray, at: int, end: int, scratch: Int64Array) -> tuple[int, int]:
    """Reads groups of digits from `at` (a digit) into `scratch`; returns their number and that of
    their digits. (0, 0) where the first group alone is longer than any number."""
    groups = 0
    digits = 0
    kinds = 0
    while groups < GROUPS:
        begin = at
        while at < end and is_digit(data[at]) and at - begin <= 15:
            at += 1
        size = at - begin
        if size > 15 or digits + size > MOST_DIGITS:
            break
        for i in range(size):
            scratch[DIGITS, digits + i] = byte_at(data, begin + i) - 0x30
        digits += size
        scratch[BEGIN, groups] = begin
        scratch[END, groups] = at
        scratch[BEFORE, groups] = kinds
        groups += 1
        at, kinds = separators(data, at, end)
        if kinds == 0:
            break
    return groups, digits


@helper
def country_digits(scratch: Int64Array, first: int) -> int:
    """How many digits the country code has that begins at digit `first`; 0 if none is assigned
    there (ITU-T E.164)."""
    one = scratch[DIGITS, first]
    if one == 1 or one == 7:
        return 1
    two = 10 * one + scratch[DIGITS, first + 1]
    if one == 2:
        if two == 20 or two == 27:
            return 2
        return 3 if two != 28 else 0
    if one == 3:
        return 3 if two == 35 or two == 37 or two == 38 else 2
    if one == 4:
        return 3 if two == 42 else 2
    if one == 5:
        return 3 if two == 50 or two == 59 else 2
    if one == 6:
        return 2 if two <= 66 else 3
    if one == 8:
        if two == 81 or two == 82 or two == 84 or two == 86:
            return 2
        return 3 if two == 80 or two == 85 or two == 87 or two == 88 else 0
    if one == 9:
        if two == 99 and scratch[DIGITS, first + 2] in (0, 1, 7, 9):
            return 0
        if two == 96 or two == 97 or two == 99:
            return 3
        return 2
    return 0


@helper
def area_and_exchange(scratch: Int64Array, first: int) -> bool:
    """Whether digit `first` begins a North American area code and exchange."""
    for part in range(2):
        at = first + 3 * part
        if scratch[DIGITS, at] < 2:
            return False
        if scratch[DIGITS, at + 1] == 1 and scratch[DIGITS, at + 2] == 1:
            return False
    return True


@helper
def international(scratch: Int64Array, groups: int, skipped: int) -> int:
    """How many groups make an international number whose country code begins at digit
    `skipped`; 0 for none. Beyond 13 digits only where two groups at most hold them: else the
    next number of a list would be taken in."""
    if scratch[END, 0] - scratch[BEGIN, 0] + (groups > 1) * 9 <= skipped:
        return 0
    best = 0
    total = -skipped
    country = -1
    for group in range(groups):
        total += scratch[END, group] - scratch[BEGIN, group]
        if total < 8:
            continue
        if country < 0:
            country = country_digits(scratch, skipped)
        if country == 0 or total > 15 or (total > 13 and group > 1):
            break
        if country == 1 and scratch[DIGITS, skipped] == 1:
            if total == 11 and scratch[DIGITS, skipped + 1] > 1:
                best = group + 1
            continue
        china = scratch[DIGITS, skipped] == 8 and scratch[DIGITS, skipped + 1] == 6
        if china and (total < 11 or total > 14):
            continue
        best = group + 1
    return best


@helper
def north_american(scratch: Int64Array, groups: int, opened: bool) -> int:
    """How many groups make a North American number; 0 for none."""
    first = 0
    lead = scratch[END, 0] - scratch[BEGIN, 0]
    skipped = 0
    if lead == 1 and scratch[DIGITS, 0] == 1 and not opened:
        first, skipped = 1, 1
    if groups < first + 2 or scratch[END, first] - scratch[BEGIN, first] != 3:
        return 0
    if not area_and_exchange(scratch, skipped):
        return 0
    second = scratch[END, first + 1] - scratch[BEGIN, first + 1]
    parenthesised = opened or (scratch[BEFORE, first] & OPENING) != 0
    if second == 7 and parenthesised:
        return first + 2
    if second != 3 or groups < first + 3:
        return 0
    if scratch[END, first + 2] - scratch[BEGIN, first + 2] != 4:
        return 0
    joined = scratch[BEFORE, first + 1] | scratch[BEFORE, first + 2]
    return first + 3 if (joined & SLASH) == 0 or parenthesised else 0


@helper
def chinese(scratch: Int64Array, groups: int) -> int:
    """How many groups make a Chinese mobile or landline number; 0 for none."""
    lead = scratch[END, 0] - scratch[BEGIN, 0]
    one, two = scratch[DIGITS, 0], scratch[DIGITS, 1]
    mobile = one == 1 and two >= 3
    if mobile and lead == 11:
        return 1
    prefix = lead - 11
    if prefix == 2 or prefix == 4:
        country = scratch[DIGITS, prefix - 2] == 8 and scratch[DIGITS, prefix - 1] == 6
        zeros = prefix == 2 or (one == 0 and two == 0)
        if country and zeros and scratch[DIGITS, prefix] == 1 and scratch[DIGITS, prefix + 1] > 2:
            return 1
    if groups < 2:
        return 0
    second = scratch[END, 1] - scratch[BEGIN, 1]
    third = scratch[END, 2] - scratch[BEGIN, 2] if groups > 2 else 0
    if lead == 2 and one == 8 and two == 6 and scratch[DIGITS, 2] == 1 and scratch[DIGITS, 3] > 2:
        if second == 11:
            return 2
        fourth = scratch[END, 3] - scratch[BEGIN, 3] if groups > 3 else 0
        return 4 if second == 3 and third == 4 and fourth == 4 else 0
    if mobile and lead == 3 and second == 4 and third == 4:
        return 3
    if one != 0:
        return 0
    city = lead == 3 and ((two == 1 and scratch[DIGITS, 2] == 0) or two == 2)
    if not city and not (lead == 4 and two >= 3):
        return 0
    subscriber = scratch[DIGITS, lead]
    if subscriber < 2:
        return 0
    if second == 7 or second == 8:
        extended = groups > 2 and scratch[BEFORE, 2] == HYPHEN and third <= 6
        return 3 if extended and third > 0 else 2
    return 3 if second == 4 and third == 4 and city else 0


@helper
def national(scratch: Int64Array, groups: int) -> int:
    """How many groups make a number of 7 to 13 digits; 0 for none, or for a date."""
    total = 0
    best = 0
    for group in range(min(groups, 6)):
        total += scratch[END, group] - scratch[BEGIN, group]
        if total > 13:
            break
        if total >= 7:
            best = group + 1
    if best == 3 and total >= 8:
        first, last = scratch[END, 0] - scratch[BEGIN, 0], scratch[END, 2] - scratch[BEGIN, 2]
        century = scratch[DIGITS, 0] * 10 + scratch[DIGITS, 1]
        if first == 4 and (century == 19 or century == 20):
            return 0
        digits = first + scratch[END, 1] - scratch[BEGIN, 1]
        century = scratch[DIGITS, digits] * 10 + scratch[DIGITS, digits + 1]
        if first <= 2 and last == 4 and (century == 19 or century == 20):
            return 0
    return best


@helper
def phone_end(
    data: ByteArray,
    start: int,
    at: int,
    end: int,
    flags: FlagTable,
    scratch: Int64Array,
    refusing: ByteArray,
    announcing: ByteArray,
    first_bytes: ByteArray,
    seen: Int64Array,
) -> int:
    """Where the telephone number that begins at `at` (a digit, ``+`` or ``(``) ends; `at` if none
    begins there. `start` is where the text begins; `refusing` and `announcing` are words that
    another number, a telephone number follows; for `first_bytes` and `seen` see `announced`."""
    opened = data[at] == 0x28
    plus = data[at] == 0x2B
    here = at + 1 if opened or plus else at
    if plus and here < end and (data[here] == 0x28 or data[here] == 0x20):
        here += 1
    if here >= end or not is_digit(data[here]):
        return at
    groups, digits = read_groups(data, here, end, scratch)
    if digits < FEWEST_DIGITS or not may_begin(data, start, at, flags, refusing):
        return at
    used = 0
    lead = scratch[END, 0] - scratch[BEGIN, 0]
    zeros = lead >= 3 and scratch[DIGITS, 0] == 0 and scratch[DIGITS, 1] == 0 and groups > 1
    if plus or zeros:
        used = international(scratch, groups, 0 if plus else 2)
    if used == 0 and not plus:
        used = max(north_american(scratch, groups, opened), chinese(scratch, groups))
    if used == 0 and not plus:
        used = national(scratch, groups)
        if used > 0 and not announced(data, start, at, announcing, first_bytes, seen):
            used = 0
    if used == 0:
        return at
    stop = scratch[END, used - 1]
    # A number in parentheses whose closing one comes after it leaves both outside.
    extended = extension_end(data, stop, end)
    if extended > stop and may_end(data, extended, end):
        return extended
    return stop if may_end(data, stop, end) else at
