"""The command `lakeprep`. Heavy imports happen inside the commands: `--help` is instant.

Results go to stdout (`--json`: one object), progress and messages to stderr. Every option can also
be given as an environment variable, `LAKEPREP_` and its name.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

import typer

from lakeprep import __version__
from lakeprep.cli import stages  # noqa: F401  (first in --help)

# isort: split
from lakeprep.cli import preparations, questions  # noqa: F401
from lakeprep.cli.common import app, say_line
from lakeprep.errors import LakeBusy, LakeprepError


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Entry point: runs the command and turns every error into a message and an exit code."""
    try:
        code = app(args=arguments, standalone_mode=False)
    except LakeprepError as error:
        say_line(f"error: {error}")
        code = error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        say_line("interrupted")
        code = 130
    except Exception as error:
        code = _unexpected(error)
    sys.stdout.flush()
    sys.exit(code if isinstance(code, int) else 0)


def job(stage: str) -> NoReturn:
    """Entry point of `jobs/*.py`: the command `stage` with this process's arguments."""
    main([stage, *sys.argv[1:]])


def _unexpected(error: Exception) -> int:
    show, exit_code = getattr(error, "show", None), getattr(error, "exit_code", None)
    if callable(show) and isinstance(exit_code, int):  # bad usage, as Typer's own click says it
        show()
        return exit_code
    text = str(error)
    if "SQLITE_BUSY" in text or "database is locked" in text:
        busy = LakeBusy(
            "the catalog is locked by another process; wait for it to end, or stop it, and run "
            "again: what this run had begun will be finished or undone then"
        )
        say_line(f"error: {busy}")
        return busy.exit_code
    import traceback

    for line in "".join(traceback.format_exception(error)).splitlines():
        if not line.startswith("\tat ") and not line.lstrip().startswith("at "):  # the JVM's frames
            say_line(line)
    say_line(f"This is a bug in lakeprep {__version__}, or something it should have foreseen.")
    return 1
