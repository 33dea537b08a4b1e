"""The command line: arguments → command → exit status. What a command does is in `conformance.commands`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from conformance.commands import (
    CHECKLISTS,
    COMMANDS,
    FAILED,
    FLEETS,
    FORMATS,
    INTERRUPTED,
    MAPS,
    SELFTESTS,
    SHELLS,
    VIEWS,
    command,
)
from conformance.commands.arguments import ShownHelp, parsed

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CHECKLISTS", "COMMANDS", "FLEETS", "FORMATS", "MAPS", "SELFTESTS", "SHELLS", "VIEWS", "main"]


def main(argv: Sequence[str]) -> int:
    """Run the command and return its exit status: 0 nothing found, 1 findings, 2 it could not be done wholly."""
    try:
        return _run(argv)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - what is left to be written has no reader
        return FAILED
    except KeyboardInterrupt:
        from conformance.commands.complaints import complain  # noqa: PLC0415 - seldom needed

        complain(["interrupted"])
        return INTERRUPTED


def _run(argv: Sequence[str]) -> int:
    try:
        options = parsed(argv)
        return command(options.command).run(options)
    except ShownHelp as done:
        return done.status
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - an unforeseen error is no finding: its status must not be 1
        from conformance.commands.complaints import told  # noqa: PLC0415 - seldom needed

        return told(error, verbose=bool({"-v", "--verbose"} & set(argv)))
