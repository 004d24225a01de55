"""Plain text that needs no work: taken over in Arrow, without a child and without Python strings.

Most text that comes as JSON lines or WET is UTF-8 with nothing to repair. For such a body
`page.read_page` changes nothing but white space at both ends; which bodies these are is told by
one RE2 scan. Everything else goes to the child as before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakeprep.score.options import PageLimits
from lakeprep.score.page import is_plain
from lakeprep.score.repair import MAX_REPAIRED_CHARS, REPAIRABLE

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

# U+FFFD counts against a text, and `~{` may begin another encoding.
_UNSURE = rf"{REPAIRABLE}|\x{{FFFD}}|~\{{"


def untouched(
    bodies: pa.Array, content_types: pa.Array, limits: PageLimits
) -> tuple[npt.NDArray[np.bool_], pa.Array]:
    """Which bodies (binary or large_binary, nulls allowed) are plain text that reading would leave
    as it is, and these texts, large_string, without white space at their ends."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    most_bytes = min(limits.max_text_bytes, MAX_REPAIRED_CHARS)
    short = pc.less_equal(pc.binary_length(bodies), most_bytes).fill_null(False)
    chosen = pc.and_(_plain(content_types), short).to_numpy(zero_copy_only=False)
    found = bodies.filter(pa.array(chosen)).cast(pa.large_binary())
    for test in (_are_utf8, _need_nothing):
        passed = test(found)
        chosen[np.flatnonzero(chosen)[~passed]] = False
        found = found if passed.all() else found.filter(pa.array(passed))
    return chosen, pc.utf8_trim_whitespace(found.cast(pa.large_string()))


def _plain(content_types: pa.Array) -> pa.BooleanArray:
    """Asked once for each type that occurs."""
    import pyarrow as pa
    import pyarrow.compute as pc

    types = [kind for kind in pc.unique(content_types).to_pylist() if is_plain(kind)]
    return pc.is_in(content_types, pa.array(types, content_types.type))


def _are_utf8(bodies: pa.LargeBinaryArray) -> npt.NDArray[np.bool_]:
    """Which bodies are valid: Arrow tells it of all together, so a batch with bad ones is halved
    until it does not matter."""
    import numpy as np
    import pyarrow as pa

    try:
        bodies.cast(pa.large_string())
    except pa.ArrowInvalid:
        if len(bodies) == 1:
            return np.zeros(1, dtype=np.bool_)
        middle = len(bodies) // 2
        return np.concatenate([_are_utf8(bodies[:middle]), _are_utf8(bodies[middle:])])
    return np.ones(len(bodies), dtype=np.bool_)


def _need_nothing(bodies: pa.LargeBinaryArray) -> npt.NDArray[np.bool_]:
    import pyarrow as pa
    import pyarrow.compute as pc

    unsure = pc.match_substring_regex(bodies.cast(pa.large_string()), _UNSURE)
    found: npt.NDArray[np.bool_] = ~unsure.to_numpy(zero_copy_only=False)
    return found
