"""What can go wrong, as the user sees it: one clear message and an exit code.

Exit codes: 0 done; 1 bug or an outside cause (a locked catalog); 2 bad usage, recipe or input;
3 a gate stopped the release; 4 the books do not balance; 130 interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lakeprep.publish.gates import Check


class LakeprepError(Exception):
    """An error with a message for the user: names the file, table, column or value, and the
    next step. `exit_code` is what the command ends with."""

    exit_code = 1


class UsageError(LakeprepError):
    """A call that cannot be carried out as given."""

    exit_code = 2


class InputError(LakeprepError):
    """An input that is missing, unreadable as a whole, or of no known format."""

    exit_code = 2


class RecipeError(LakeprepError):
    """A recipe that is not well-formed, or not the one that the tables were made with."""

    exit_code = 2


class EnvironmentMissing(LakeprepError):
    """Something outside the project is missing: Java, jars, a catalog setting."""

    exit_code = 2


class LakeBusy(LakeprepError):
    """Another process holds the catalog or the lake, or moved a table in the meantime."""

    exit_code = 1


class GateFailed(LakeprepError):
    """A gate found the branch unfit for release; main has not moved. `checks`: all that ran."""

    exit_code = 3

    def __init__(self, message: str, checks: Sequence[Check] = ()) -> None:
        super().__init__(message)
        self.checks = tuple(checks)


class BooksUnbalanced(LakeprepError):
    """The sums over the tables do not agree."""

    exit_code = 4
