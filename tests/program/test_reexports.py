"""Names that come by way of other modules: chains, rings and nets of re-exports, of any length."""

from __future__ import annotations

from itertools import permutations

import pytest

from conformance.examples import program_from
from conformance.program import Program
from conformance.program.rings import rings
from conformance.program.values import Symbol

MANY = 1_200
"""More than there may be calls within each other."""


def origins(linked: Program, module: str, name: str) -> list[str]:
    """Return where the definitions are that a name of a module stands for."""
    found = linked.names.module(module)
    assert found is not None
    return [resolved.key for resolved in linked.names.member(found, name) if isinstance(resolved, Symbol)]


@pytest.mark.parametrize("taken", ["x", "*"])
def test_a_long_chain_of_re_exports_is_followed(taken: str) -> None:
    files = {f"app/m{number}.py": f"from app.m{number + 1} import {taken}\n" for number in range(MANY)}

    linked = program_from({**files, f"app/m{MANY}.py": "x = 1\n"})

    assert origins(linked, "app.m0", "x") == [f"app.m{MANY}.x"]
    assert origins(linked, "app.m0", "y") == []


@pytest.mark.parametrize("taken", ["x", "*"])
def test_a_ring_of_re_exports_holds_nothing(taken: str) -> None:
    files = {f"app/m{number}.py": f"from app.m{(number + 1) % MANY} import {taken}\n" for number in range(MANY)}

    assert origins(program_from(files), "app.m0", "x") == []


def test_what_one_of_a_ring_of_stars_defines_all_of_them_have() -> None:
    files = {f"app/m{number}.py": f"from app.m{(number + 1) % 300} import *\n" for number in range(300)}
    files["app/m7.py"] += "x = 1\n"

    linked = program_from(files)

    assert {*(tuple(origins(linked, f"app.m{number}", "x")) for number in (8, 0, 7, 299))} == {("app.m7.x",)}


def test_modules_that_all_import_all_of_each_other_are_asked_once() -> None:
    stars = "".join(f"from app.m{number} import *\n" for number in range(40))
    files = {f"app/m{number}.py": f"{stars}own{number} = 1\n" for number in range(40)}

    linked = program_from(files)

    assert origins(linked, "app.m0", "own39") == ["app.m39.own39"]
    assert origins(linked, "app.m0", "nowhere") == []


def test_the_answer_does_not_depend_on_who_is_asked_first() -> None:
    files = {
        "app/a.py": "from app.d import *\nfrom app.b import *\n",
        "app/b.py": "from app.c import *\nfrom app.a import *\n",
        "app/c.py": "x = 1\n",
        "app/d.py": "x = 2\n",
    }
    answers = set()
    for order in permutations("abcd"):
        linked = program_from(files)
        found = {name: tuple(origins(linked, f"app.{name}", "x")) for name in order}
        answers.add(tuple(sorted(found.items())))

    assert len(answers) == 1


def test_the_last_star_that_has_a_name_brings_it() -> None:
    files = {"app/a.py": "x = 1\n", "app/b.py": "x = 2\n", "app/c.py": "from app.a import *\nfrom app.b import *\n"}

    assert origins(program_from(files), "app.c", "x") == ["app.b.x"]


def test_rings_come_after_what_they_lead_to() -> None:
    leads = {1: [2, 5], 2: [3], 3: [2, 4], 4: [], 5: [4]}

    groups = [sorted(group) for group in rings(1, lambda key: leads[key])]

    assert groups == [[4], [2, 3], [5], [1]]
