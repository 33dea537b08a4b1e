"""A check after each change, until it is interrupted: `conformance check --watch`."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.commands import INTERRUPTED
from conformance.commands.complaints import told
from conformance.commands.output import write
from conformance.config import find
from conformance.reporters.text import inert, listed
from conformance.watch import until_interrupted

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

__all__ = ["watch"]


def watch(check: Callable[[], int], options: argparse.Namespace) -> int:
    """Check after each change; what is wrong with the configuration ends nothing."""
    here = Path.cwd()
    configuration = find(here)
    default = [configuration.parent if configuration else here]
    gc.enable()
    named = [each for each in options.config if Path(each).exists()]
    starts = [here / path for path in options.paths if path.exists()] or default

    def run(changed: tuple[str, ...]) -> None:
        if sys.stdout.isatty():
            write("\x1b[H\x1b[2J\x1b[3J")
        if changed:
            more = f"{len(changed) - 3} more" if len(changed) > 3 else ""
            names = [inert(os.path.relpath(file)) for file in changed[:3]]
            print(f"changed: {listed((*names, more))}", file=sys.stderr)
        try:
            check()
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - the next change may mend it
            told(error, verbose=options.verbose)
        print("watching; Ctrl-C ends it", file=sys.stderr, flush=True)

    try:
        until_interrupted(run, [str(each) for each in (*starts, *(here / name for name in named))])
    except KeyboardInterrupt:
        return INTERRUPTED
