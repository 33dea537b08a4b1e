"""What the rules say of the programs of these tests: message, place, detail and trail, in golden files.

`GOLDEN=write pytest tests/rules/test_said.py` writes them anew; read the difference in review.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from conformance.examples import files_of, program_from
from conformance.rules import all_rules
from conformance.rules.base import Rule
from tests.kit import golden, said_of
from tests.rules import (
    test_configuration,
    test_injection_deps,
    test_injection_facade,
    test_injection_fallback,
    test_injection_nullable,
    test_injection_state,
    test_layers,
    test_lifecycle_keys,
    test_lifecycle_providers,
    test_lifecycle_release,
    test_style,
    test_tests,
    test_validation,
    test_worker_context,
    test_worker_tasks,
)

Files = dict[str, str]


def in_one(path: str, head: str, more: Files | None = None) -> Callable[[str], Files]:
    """Return how a program is made of what stands behind a head, in one file."""
    return lambda body: {path: f"{head}{body}"} | (more or {})


def among(before: str, after: str) -> Callable[[str], Files]:
    """Return how a program is made of what stands between two parts of a text of files."""
    return lambda body: files_of(f"{before}{body}{after}")


NULLABLE = test_injection_nullable.HEAD
MAIN = {"app/main.py": test_tests.APP}
HELPER = "from fastapi import Depends\ndef given(provider):\n    return Depends(provider)\n"
DEPS = files_of(test_injection_facade.DEPS)
ROUTER = "from fastapi import APIRouter, Depends, Request, Security\nrouter = APIRouter()\n"
LIFE = "from contextlib import asynccontextmanager\n@asynccontextmanager\nasync def lifespan(app):\n    yield\n"
TABLES: dict[str, tuple[Iterable[str], Mapping[str, str], Callable[[str], Files]]] = {
    "worker context": (
        ["WK301", "WK305", "WK306", "WK312"],
        {" ".join(key): text for key, text in test_worker_context.PROGRAMS.items()},
        files_of,
    ),
    "worker tasks": (
        ["WK302", "WK303", "WK304", "WK307", "WK309", "WK310", "WK311"],
        {" ".join(key): text for key, text in test_worker_tasks.PROGRAMS.items()},
        files_of,
    ),
    "layers": (["LY"], test_layers.CASES, files_of),
    "style": (["FP"], test_style.CASES, files_of),
    "fallbacks": (["DI103"], test_injection_fallback.REPORTED, test_injection_fallback._program),
    "concerns": (["DI104"], test_injection_deps.MODULES, in_one("app/deps/things.py", test_injection_deps.HEAD)),
    "types": (["DI115"], test_injection_deps.TYPES, in_one("app/deps/things.py", test_injection_deps.HEAD)),
    "facades": (
        ["DI109", "DI110"],
        test_injection_facade.PACKAGES | test_injection_facade.OPEN,
        test_injection_facade.with_package,
    ),
    "routes": (
        ["DI111"],
        test_injection_facade.ROUTES,
        in_one("app/api/items.py", f'{ROUTER}@router.get("/")\ndef index() -> str: ...\n', DEPS),
    ),
    "applications": (
        ["DI114"],
        test_injection_state.APPS,
        in_one(
            "app/main.py",
            "from contextlib import asynccontextmanager\nfrom fastapi import APIRouter, FastAPI\n",
            {"app/life.py": LIFE},
        ),
    ),
    "writes of app.state": (
        ["DI108"],
        test_injection_state.WAYS,
        lambda body: {"app/items.py": f"{ROUTER}{body}\nrouter.add_api_route('/', index)\n"},
    ),
    "repeated dependencies": (
        ["DI113"],
        test_injection_state.BODIES | test_injection_state.USED,
        lambda body: {
            "app/items.py": "from fastapi import APIRouter, Depends\ndef get_user(): ...\n"
            "router = APIRouter(dependencies=[Depends(get_user)])\n@router.get('/')\n"
            f"def index(user: str = Depends(get_user)):\n{body}\n"
        },
    ),
    "unset keys": (
        ["LC207"],
        {
            name: test_lifecycle_keys.KEYS.format(lifespan=lifespan, after="", deps=deps, main="")
            for name, (lifespan, deps) in test_lifecycle_keys.UNSET.items()
        },
        files_of,
    ),
    "unread keys": (
        ["LC208"],
        {
            name: test_lifecycle_keys.KEYS.format(lifespan=lifespan, after=after, deps=deps, main=main)
            for name, (lifespan, after, deps, main) in test_lifecycle_keys.UNREAD.items()
        },
        files_of,
    ),
    "settings": (
        ["LC209"],
        {
            name: test_lifecycle_keys.CONFIG.format(config=config, other=other)
            for name, (config, other) in test_lifecycle_keys.SETTINGS.items()
        },
        files_of,
    ),
    "bodies": (
        ["DV504"],
        test_validation.BODIES,
        in_one(
            "app/routes/items.py",
            "from typing import Annotated\n" + ROUTER + "from app.util import elsewhere, verify_token\n",
        ),
    ),
    "nullable providers": (
        ["DI101"],
        test_injection_nullable.PROVIDERS,
        lambda body: {"app/deps.py": f"{NULLABLE}{body}\nDbDep = Annotated[Session, Depends(get_db)]\n"},
    ),
    "nullable dependencies": (
        ["DI102"],
        test_injection_nullable.DEPENDENCIES,
        in_one("app/routes.py", f"{NULLABLE}def get_db(request: Request) -> Session: ...\n", {"app/inject.py": HELPER}),
    ),
    "module-level resources": (
        ["DI106"],
        test_injection_state.MODULES,
        in_one("app/things.py", 'import httpx\nfrom sqlalchemy import create_engine\nURL = "x://"\n'),
    ),
    "constants": (["CF602"], test_configuration.CONSTANT, in_one("app/core/constants.py", "")),
    "environment": (["CF601"], test_configuration.READS, in_one("app/core/things.py", "")),
    "patches": (
        ["TS701"],
        test_tests.PATCHES,
        in_one("tests/test_mail.py", "", {"app/mail.py": test_tests.MAIL} | MAIN),
    ),
    "overrides": (["TS702", "TS703"], test_tests.OVERRIDES, in_one("tests/conftest.py", test_tests.HEAD, MAIN)),
    "state in tests": (["TS704"], test_tests.STATE_WRITES, in_one("tests/test_state.py", test_tests.HEAD, MAIN)),
    "responses": (["DV501"], test_validation.ENDPOINTS, in_one("app/routes/items.py", test_validation.ROUTES)),
    "answers": (
        ["DV502"],
        test_validation.ANSWERS,
        in_one("app/services/weather.py", test_validation.CLIENT, {"app/parsing.py": test_validation.PARSING}),
    ),
    "lifespans": (
        ["LC201", "LC202"],
        test_lifecycle_release.LIFESPANS,
        among(test_lifecycle_release.HEAD, test_lifecycle_release.MAIN),
    ),
    "stored sessions": (
        ["LC203"],
        {
            name: test_lifecycle_providers.STORING.format(body=body)
            for name, body in test_lifecycle_providers.STORED.items()
        },
        files_of,
    ),
    "providers": (
        ["LC204", "LC205", "LC206", "LC210"],
        test_lifecycle_providers.APP_RESOURCES
        | test_lifecycle_providers.RETURNED
        | test_lifecycle_providers.YIELDED
        | test_lifecycle_providers.SWALLOWED,
        among(test_lifecycle_providers.HEAD, test_lifecycle_providers.USE),
    ),
}


def rules_of(names: Iterable[str]) -> list[Rule[Any]]:
    return [rule for rule in all_rules() if rule.id.startswith(tuple(names))]


@pytest.mark.parametrize("table", TABLES)
def test_all_that_is_said_of_the_programs_of_a_table_was_read(table: str) -> None:
    names, programs, files = TABLES[table]
    rules = rules_of(names)
    lines = []
    for name, text in programs.items():
        lines += [f"== {name}", *said_of(program_from(files(text)), rules)]

    assert lines == golden(f"said/{table.replace(' ', '-')}.txt", lines)
