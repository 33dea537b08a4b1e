"""A module of the target that is called as one of the standard library is no meaning of an absolute import."""

from __future__ import annotations

from conformance.examples import program_from
from conformance.program.values import External, ModuleValue


def test_a_module_in_a_package_does_not_hide_the_standard_library() -> None:
    program = program_from({"app/utils/typing.py": "X = 1\n", "app/utils/common.py": "from typing import Any\n"})

    (edge,) = program.imports[program.modules[2]]

    assert edge.importer.name == "app.utils.common"
    assert edge.module is None
    assert edge.resolved == (External("typing.Any"),)


def test_a_relative_import_of_it_is_one_of_the_target() -> None:
    program = program_from({"app/utils/typing.py": "X = 1\n", "app/utils/common.py": "from . import typing\n"})

    (edge,) = program.imports[program.modules[2]]

    assert edge.resolved == (ModuleValue(program.modules[3]),)
