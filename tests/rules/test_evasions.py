"""Ways to get past the rules, and ways to make them cry wolf: each is a small program in `evasions/`.

A block `=== name | RULE` is one program; `=== base` is what the programs start with that say `@base`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.examples import expected_in, files_of, found_in, program_from
from conformance.rules import all_rules

RULES = {rule.id: rule for rule in all_rules()}


def _programs() -> dict[str, tuple[str, str]]:
    """Return each program's rule and text, by the name of its file and its own."""
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(Path(__file__).with_name("evasions").glob("*.txt")):
        base = ""
        for block in re.split(r"^=== ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]:
            head, _, text = block.partition("\n")
            name, _, rule = (part.strip() for part in head.partition("|"))
            if name == "base":
                base = text
            else:
                found[f"{path.stem}: {name}"] = (rule, text.replace("@base\n", base))
    return found


PROGRAMS = _programs()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_reported_where_it_says(name: str) -> None:
    rule, text = PROGRAMS[name]
    files = files_of(text)

    found = found_in(program_from(files), [RULES[rule]])

    assert found == expected_in(files)
