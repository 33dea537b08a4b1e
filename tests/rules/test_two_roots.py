"""Two services of one repository, each with its own package `app`: what one does says nothing of the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from conformance.config import Config
from conformance.discovery import SourceFile
from conformance.examples import Expected, expected_in, files_of, found_in
from conformance.facts.extract import extract
from conformance.program import Program, link
from conformance.rules import all_rules
from conformance.rules.base import Example, Rule

OF_ALL = {"LC208", "LY409", "WK310"}
"""Rules that ask whether anything at all reads a key, has a layout, or registers a name."""
RULES = [rule for rule in all_rules() if rule.bad and not rule.engine and rule.id not in OF_ALL]


def program_of(services: Mapping[str, Mapping[str, str]]) -> Program:
    """Return the program of services, each of them the files below a source root of its own."""
    return link(
        [
            (file, extract(text.encode(), file.shown))
            for root, files in sorted(services.items())
            for file, text in with_packages(root, files)
        ],
        Config(),
    )


def with_packages(root: str, files: Mapping[str, str]) -> Iterator[tuple[SourceFile, str]]:
    """Yield the files of a service, and an `__init__` for each folder that lacks one."""
    folders = {f"{folder}/__init__.py" for path in files for folder in PurePosixPath(path).parents[:-1]}
    for name, text in sorted({**dict.fromkeys(folders, ""), **files}.items()):
        path = PurePosixPath(name)
        module = ".".join(path.parent.parts if path.stem == "__init__" else (*path.parent.parts, path.stem))
        yield (
            SourceFile(
                shown=f"{root}/{name}", path=Path("/", root, name), module=module, source_root=root,
                is_package=path.stem == "__init__", is_test=path.parts[0] == "tests" or path.stem == "conftest",
            ),
            text,
        )  # fmt: skip


def below(root: str, expected: Expected) -> Expected:
    return Counter({(rule, f"{root}/{path}", line): times for (rule, path, line), times in expected.items()})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_services_with_packages_of_one_name_are_told_apart(rule: Rule[Any]) -> None:
    for bad, good in product(rule.bad, rule.good[:1]):
        for names in (("one", "two"), ("two", "one")):
            files: dict[str, Mapping[str, str]] = dict(zip(names, map(of, (bad, good)), strict=True))

            found = found_in(program_of(files), [rule])

            assert found == sum((below(name, expected_in(files[name])) for name in names), Counter())


def of(example: Example) -> dict[str, str]:
    return {path: text for path, text in files_of(example.files).items() if path.endswith(".py")}
