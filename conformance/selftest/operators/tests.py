"""TS7xx: tests."""

# ruff: noqa: E501 - an operator is read as one line

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from conformance.facts import code
from conformance.program.scopes import ModuleScope
from conformance.selftest.ground import Ground
from conformance.selftest.operators.base import Operator, Placing, ends, filled, new_file
from conformance.selftest.operators.injection import but
from conformance.selftest.seeds import Change, Seed

__all__ = ["OPERATORS"]

A_TEST = "a test module, and a module that it can import"
ALONE = "a test module, and an application at module level that a test without autouse fixtures can import"
AN_APP = "a test module, and an application at module level that it can import"


def tests(ground: Ground) -> list[ModuleScope]:
    return ground.tests


def of_function(text: str) -> Callable[[Ground, ModuleScope], str | None]:
    """Fill in a function of the target: `<module>`, `<name>`."""

    def written(ground: Ground, importer: ModuleScope) -> str | None:
        for module in ground.own:
            if not ground.can_import(importer, module):
                continue
            for function in module.functions:
                if function.parent is module:
                    return text.replace("<module>", module.name).replace("<name>", function.name)
        return None

    return written


def uncovered(ground: Ground) -> list[ModuleScope]:
    """The test modules in which no fixture is active unasked: it may clear what a test overrides."""
    return [m for m in ground.tests if not any(True for _ in ground.program.fixtures.autouse_for(m, None))]


def uncleared(name: str, text: str) -> Placing:
    """Put a test where no fixture clears what it overrides: into a module, else into a file beside the application."""
    written = of_app(text)

    def place(ground: Ground) -> Iterator[Seed]:
        yield from ends(uncovered, written)(ground)
        for application, _ in applications(ground):
            file = ground.beside(application, f"test_selftest_{name}.py", is_test=True)
            importer = next((m for m in ground.tests if ground.can_import(m, application)), None)
            made = None if importer is None else written(ground, importer)
            if made is not None and file is not None and not _conftests(ground, file.shown):
                change = Change(file.shown, 0, 0, f"{made.strip()}\n")
                yield Seed((change,), made=(file,), touches=frozenset({file.shown}))

    return place


def _conftests(ground: Ground, shown: str) -> set[str]:
    """The conftests that hold for a file."""
    folders = [parent.as_posix() for parent in PurePosixPath(shown).parents]
    return {"conftest.py" if folder == "." else f"{folder}/conftest.py" for folder in folders} & ground.files.keys()


def of_app(text: str) -> Callable[[Ground, ModuleScope], str | None]:
    """Fill in an application, and a provider: `<main>`, `<app>`, `<module>`, `<provider>`."""

    def written(ground: Ground, importer: ModuleScope) -> str | None:
        found = next((each for each in applications(ground) if ground.can_import(importer, each[0])), None)
        if found is None:
            return None
        made = text.replace("<main>", found[0].name).replace("<app>", found[1])
        if "<provider>" not in text:
            return made
        for function in ground.provider_functions:
            if ground.can_import(importer, function.module):
                return filled(made, function.module, provider=function.name)
        return None

    return written


def applications(ground: Ground) -> Iterator[tuple[ModuleScope, str]]:
    """The applications that are bound to a name of their module."""
    for application in ground.program.lifespans.applications:
        for node in application.module.body:
            if isinstance(node, code.Assign) and node.value is application.call and application.module in ground.own:
                yield from ((application.module, t.id) for t in node.targets if isinstance(t, code.Name))


def of_services(name: str, text: str) -> Placing:
    """Put a test of services beside others, which imports what it should not."""

    def written(ground: Ground, importer: ModuleScope) -> str | None:
        modules = ground.modules("components", "routes", "entrypoint", but=("services", "gateways"))
        found = ground.imported(importer, modules)
        return None if found is None else filled(text, found)

    def modules(ground: Ground) -> list[ModuleScope]:
        return tests(ground) if ground.modules("services") else []

    return new_file(modules, f"services/test_selftest_{name}.py", written, is_test=True)


OPERATORS = (
    # --- TS701 ---
    Operator("TS701", "monkeypatch, by its name", A_TEST, ends(tests, of_function("def test_it(monkeypatch):\n    monkeypatch.setattr('<module>.<name>', None)  # here"))),
    Operator("TS701", "mock.patch", A_TEST, ends(tests, of_function("from unittest import mock\n@mock.patch('<module>.<name>')  # here\ndef test_it(made): ..."))),
    Operator("TS701", "patch.object", A_TEST, ends(tests, of_function(
        "import <module> as patched\nfrom unittest.mock import patch\ndef test_it():\n    with patch.object(patched, '<name>'):  # here\n        pass"
    ))),
    # --- TS702 ---
    Operator("TS702", "an item", ALONE, uncleared("item", (
        "from <main> import <app>\ndef get() -> None: ...\ndef test_it() -> None:\n    <app>.dependency_overrides[get] = get  # here"
    ))),
    Operator("TS702", "update", ALONE, uncleared("update", (
        "import <main> as entry\ndef get() -> None: ...\nasync def test_it() -> None:\n    entry.<app>.dependency_overrides.update({get: get})  # here"
    ))),
    Operator("TS702", "in a fixture", ALONE, uncleared("fixture", (
        "import pytest\nfrom <main> import <app>\ndef get() -> None: ...\n@pytest.fixture\ndef other():\n    overrides = <app>.dependency_overrides\n    overrides[get] = get  # here\n    yield"
    ))),
    # --- TS703 ---
    Operator("TS703", "a function", AN_APP, ends(tests, of_app(
        "from <main> import <app>\ndef get() -> None: ...\ndef test_it() -> None:\n    <app>.dependency_overrides[get] = get  # here\n    <app>.dependency_overrides.clear()"
    ))),
    Operator("TS703", "a class", AN_APP, ends(tests, of_app(
        "from <main> import <app>\nclass Thing: ...\ndef test_it() -> None:\n    overrides = <app>.dependency_overrides\n    overrides[Thing] = print  # here\n    overrides.clear()"
    ))),
    Operator("TS703", "setdefault", AN_APP, ends(tests, of_app(
        "from <main> import <app>\nasync def get() -> None: ...\nasync def test_it() -> None:\n    <app>.dependency_overrides.setdefault(get, print)  # here\n    <app>.dependency_overrides.clear()"
    ))),
    # --- TS704 ---
    Operator("TS704", "an attribute", AN_APP, ends(tests, of_app("from <main> import <app>\ndef test_it() -> None:\n    <app>.state.redis = object()  # here"))),
    Operator("TS704", "monkeypatch", AN_APP, ends(tests, of_app("import <main> as entry\ndef test_it(monkeypatch) -> None:\n    monkeypatch.setattr(entry.<app>.state, 'redis', object())  # here"))),
    Operator("TS704", "of the client's application", "a test module", ends(tests, """
from starlette.testclient import TestClient
def test_it(client: TestClient) -> None:
    client.app.state.redis = object()  # here
""")),
    # --- TS705 ---
    Operator("TS705", "import … as", "tests, services, and what lies further out", of_services("import", "import <module> as outer  # here")),
    Operator("TS705", "from … import", "tests, services, and what lies further out", of_services("name", "from <package> import <last>  # here")),
    Operator("TS705", "in a test", "tests, services, and what lies further out", of_services("function", "def test_it() -> None:\n    from <package> import <last>  # here")),
    # --- TS706 ---
    Operator("TS706", "an item", "a module", ends(but(), """
from fastapi import FastAPI
def get() -> None: ...
app = FastAPI(lifespan=None)
app.dependency_overrides[get] = print  # here
""")),
    Operator("TS706", "update", "a module", ends(but(), """
import fastapi
def get() -> None: ...
def change(app: fastapi.FastAPI) -> None:
    app.dependency_overrides.update({get: print})  # here
""")),
    Operator("TS706", "of a local alias", "a module", ends(but(), """
from fastapi import FastAPI
def get() -> None: ...
def change(app: FastAPI) -> None:
    overrides = app.dependency_overrides
    overrides[get] = print  # here
""")),
)  # fmt: skip
