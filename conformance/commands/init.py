"""`conformance init`: a configuration, from what was inferred."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from conformance.commands import DONE
from conformance.commands.arguments import paths

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from conformance.commands.arguments import Parser

__all__ = ["arguments", "run"]


def arguments(parser: Parser) -> None:
    """Add what the command takes."""
    paths(parser)
    parser.add_argument("--force", action="store_true", help="replace a section that is there")


def run(options: argparse.Namespace) -> int:
    """Write the section."""
    from conformance import init
    from conformance.check import load
    from conformance.config import Config, find
    from conformance.errors import ConfigurationError, TargetError
    from conformance.files import replace_text
    from conformance.reporters.text import inert
    from conformance.results import Problem

    loaded = load(options.paths, Config())
    if not any(set(module.roles) - {"tests"} for module in loaded.program.modules):
        raise TargetError("nothing was recognised, so that there is nothing to write: is this the right folder?")
    existing = find(loaded.target.root)
    if existing is not None and not options.force:
        message = "is a configuration already: --force replaces it"
        raise ConfigurationError(Problem(message, os.path.relpath(existing)))
    file = existing or _nearest_pyproject(loaded.target.root) or loaded.target.root / "conformance.toml"
    try:
        if file.name == "pyproject.toml":
            before = init.without_section(file.read_text("utf-8")).rstrip("\n")
            text = f"{before}\n\n{init.section(loaded, prefix='tool.conformance')}"
        else:
            text = init.section(loaded, prefix="")
        replace_text(file, text)
    except OSError as error:
        raise ConfigurationError(Problem(f"cannot be written: {error.strerror or error}", str(file))) from error
    print(inert(f"wrote {os.path.relpath(file)}: {', '.join(loaded.target.packages)}"))
    print("next: `conformance check` shows today's findings; `conformance baseline` records them")
    return DONE


def _nearest_pyproject(root: Path) -> Path | None:
    for folder in (root, *root.parents):
        if (folder / "pyproject.toml").is_file():
            return folder / "pyproject.toml"
        if (folder / ".git").exists():
            return None
    return None
