"""Examples of rules: small programs with the expected findings written in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.config import Config
from conformance.discovery import SourceFile
from conformance.facts.extract import extract
from conformance.program import Program, link
from conformance.results import Violation

if TYPE_CHECKING:
    from conformance.rules.base import Rule

Expected = Counter[tuple[str, str, int]]
"""How often each rule must report on each line: (rule, path, line)."""

_EXPECT = re.compile(r"#\s*expect:\s*([A-Z0-9 ,]+)")


def files_of(text: str) -> dict[str, str]:
    """Return the files of an example: `--- app/main.py` starts one."""
    files: dict[str, str] = {}
    current = ""
    for line in text.splitlines():
        if line.startswith("--- "):
            current = line[4:].strip()
            files[current] = ""
        elif current:
            files[current] += line + "\n"
    return files


def expected_in(files: Mapping[str, str]) -> Expected:
    """Return the expectations in an example's files: `# expect: DI101` stands on the line that must be reported."""
    return Counter(
        (rule, path, number)
        for path, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if (match := _EXPECT.search(line))
        for rule in re.split(r"[ ,]+", match.group(1).strip())
    )


def program_from(files: Mapping[str, str], config: Config | None = None) -> Program:
    """Return the program that files make, without a disk. A folder of Python files is a package; tests are tests."""
    sources = [
        (_source_file(path), extract(text.encode(), path)) for path, text in files.items() if path.endswith(".py")
    ]
    present = {file.module for file, _ in sources}
    for folder in sorted({p.as_posix() for path in files for p in Path(path).parents if p.as_posix() != "."}):
        module = folder.replace("/", ".")
        if module not in present and any(path.startswith(f"{folder}/") and path.endswith(".py") for path in files):
            path = f"{folder}/__init__.py"
            sources.append((_source_file(path), extract(b"", path)))
    return link(sources, config or Config())


def _source_file(path: str) -> SourceFile:
    parts = path.removesuffix(".py").split("/")
    is_package = parts[-1] == "__init__"
    name = parts[-1]
    is_test = "tests" in parts[:-1] or name.startswith("test_") or name.endswith("_test") or name == "conftest"
    module = ".".join(parts[:-1] if is_package else parts)
    return SourceFile(
        shown=path, path=Path("/", path), module=module, is_package=is_package, source_root=".", is_test=is_test
    )


def found_in(program: Program, rules: Iterable[Rule[Any]]) -> Expected:
    """Return what rules report in a program, one finding per rule and line."""
    lines: set[tuple[str, str, int]] = set()
    for rule in rules:
        for subject in rule.subjects(program):
            for violation in rule.check(program, subject):
                if isinstance(violation, Violation):
                    lines.add((rule.id, violation.place.path, violation.place.span[0]))
    return Counter(lines)
