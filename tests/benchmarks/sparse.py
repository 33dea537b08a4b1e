"""A large tree that has little FastAPI: utility modules, classes, plain functions, and one endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random

from tests.benchmarks.words import ATTRIBUTES, NOUNS, TRAITS, VERBS, Writer, camel

_LIBRARIES = ("collections", "functools", "itertools", "json", "math", "pathlib", "re", "string", "textwrap", "time")
_WEB = {
    "web/__init__.py": "",
    "web/deps/__init__.py": 'from library.web.deps.store import StoreDep\n\n__all__ = ["StoreDep"]\n',
    "web/deps/store.py": """\
from typing import Annotated

from fastapi import Depends, Request

from library.web.store import Store


def get_store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


StoreDep = Annotated[Store, Depends(get_store)]
""",
    "web/store.py": """\
class Store:
    def __init__(self) -> None:
        self._entries: dict[str, str] = {}

    def entry(self, name: str) -> str:
        return self._entries[name]
""",
    "web/lifespan.py": """\
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from library.web.store import Store


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.store = Store()
    yield
""",
    "web/api.py": """\
from fastapi import APIRouter

from library.web.deps import StoreDep

router = APIRouter()


@router.get("/entries/{name}")
def entry(name: str, store: StoreDep) -> str:
    return store.entry(name)
""",
    "web/main.py": """\
from fastapi import FastAPI

from library.web.api import router
from library.web.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
app.include_router(router)
""",
}


def files(modules: int, seed: int, violations: float) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of as many modules; a share of them reads the environment."""
    return islice(_endless(seed, violations), modules)


def _endless(seed: int, violations: float) -> Iterator[tuple[str, str]]:
    yield "library/__init__.py", '"""A library of many parts."""\n'
    for path, text in _WEB.items():
        yield f"library/{path}", text
    earlier: list[str] = []
    number = 0
    while True:
        random = Random(f"{seed} sparse {number}")
        package = f"{random.choice(TRAITS)}_{random.choice(NOUNS)}_{number}"
        parts = [f"{random.choice(NOUNS)}_{random.choice(ATTRIBUTES)}_{i}" for i in range(random.randint(6, 24))]
        exported = "".join(f"from library.{package}.{part} import {camel(part)}\n" for part in parts[:3])
        yield f"library/{package}/__init__.py", exported
        for part in parts:
            near = random.sample(parts[: parts.index(part)], min(2, parts.index(part)))
            imported = [f"library.{package}.{each}" for each in near]
            imported += random.sample(earlier, min(random.randint(0, 3), len(earlier)))
            yield f"library/{package}/{part}.py", _module(random, part, imported, violations)
        earlier += [f"library.{package}.{part}" for part in parts[:4]]
        number += 1


def _module(random: Random, name: str, imported: list[str], violations: float) -> str:
    writer = Writer(random)
    head = f'"""{camel(name)}: {random.choice(TRAITS)} {random.choice(NOUNS)}."""\n\n'
    head += "from __future__ import annotations\n\n"
    head += "import logging\n" + "".join(
        f"import {each}\n" for each in sorted(random.sample(_LIBRARIES, random.randint(1, 4)))
    )
    head += "from typing import Any\n\n"
    head += "".join(f"from {each} import {camel(each.rpartition('.')[2])}\n" for each in sorted(imported))
    if random.random() < violations:
        head += 'import os\n\nVERBOSE = os.environ.get("LIBRARY_VERBOSE", "")\n'
    head += "".join(f"import {each}\n" for each in ("asyncio", "httpx", "sqlalchemy") if random.random() < 0.04)
    bases = camel(imported[0].rpartition(".")[2]) if imported and random.random() < 0.4 else ""
    pieces = [head + "\nlogger = logging.getLogger(__name__)\n", writer.cls(camel(name), bases)]
    wanted = min(random.lognormvariate(8.3, 0.8), 60_000)
    while sum(map(len, pieces)) < wanted:
        action = f"{random.choice(VERBS)}_{random.choice(TRAITS)}_{random.choice(NOUNS)}"
        pieces.append(
            writer.function(action, asynchronous=random.random() < 0.1)
            if random.random() < 0.7
            else writer.cls(camel(action))
        )
    return "\n\n".join(pieces)
