"""LY403: a service imports no web, worker, scheduler, user interface or terminal framework."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.facts import code
from conformance.program import ImportEdge, Program
from conformance.program.dynamic import IMPORTING
from conformance.program.references import nodes_of
from conformance.program.scopes import ModuleScope, scopes_of
from conformance.program.values import External
from conformance.results import Violation
from conformance.rules.base import Example, Rule

FRAMEWORKS = frozenset({"fastapi", "starlette", "apscheduler", "flet", "typer", "click"})
_OF_THE_WORKER = ("arq.worker", "arq.cron")
_WORKER_NAMES = frozenset({"Worker", "run_worker", "create_worker", "func", "cron", "Retry"})
_ERRORS = frozenset({"HTTPException", "WebSocketException", "status", "exceptions", "BadParameter", "Retry"})
_ERRORS_OF = ("starlette.exceptions", "fastapi.exceptions", "starlette.status", "fastapi.status", "click.exceptions")
_THREADS = frozenset({"run_in_threadpool", "iterate_in_threadpool", "concurrency"})


def subjects(program: Program) -> Iterator[ModuleScope]:
    """The modules of services."""
    return (m for m in program.with_role("services") if not m.is_test)


def check(program: Program, module: ModuleScope) -> Iterator[Violation]:
    """Report each import of a framework, a re-export of the target's own followed."""
    for edge in program.imports[module]:
        framework = _framework(program, edge)
        if framework:
            yield Violation(
                edge.place,
                f"the service `{module.name}` imports `{framework}`",
                _instead(framework),
                detail=f"{module.name} {framework}",
            )
    for node, name in _dynamic(program, module):
        yield Violation(
            module.place(node),
            f"the service `{module.name}` imports `{name}`",
            _instead(name),
            detail=f"{module.name} {name}",
        )


def _instead(framework: str) -> str:
    """Return what to write for an import of a framework, by what it is."""
    last = framework.rpartition(".")[2]
    if last in _ERRORS or framework.startswith(_ERRORS_OF):
        return "raise an error of your own, and let the component that calls the service translate it"
    if last in _THREADS or ".concurrency." in framework:
        return "call `asyncio.to_thread` or `anyio.to_thread.run_sync`, which need no framework"
    return "take what is needed as plain arguments, and leave the framework to the component that calls the service"


def _framework(program: Program, edge: ImportEdge) -> str:
    """Return what is imported of a framework; "" for none."""
    if edge.module is None and is_framework(edge.qualified):
        return edge.qualified
    for resolved in edge.resolved:
        if isinstance(resolved, External) and is_framework(resolved.name):
            return resolved.name
    if edge.module is None and edge.qualified == "arq":
        return _used_of_arq(program, edge)
    return ""


def is_framework(name: str) -> bool:
    """Return whether a qualified name is a framework's: arq's as far as the worker goes."""
    top, _, rest = name.partition(".")
    if top == "arq":
        return name.startswith(_OF_THE_WORKER) or rest in _WORKER_NAMES
    return top in FRAMEWORKS


def _used_of_arq(program: Program, edge: ImportEdge) -> str:
    """Of `import arq` and `from arq import *`: what is used of the worker."""
    module = edge.importer
    for scope in scopes_of(module):
        for node in nodes_of(scope):
            match node:
                case code.Attribute(name=name) if name in _WORKER_NAMES:
                    pass
                case code.Name(id=name) if name in _WORKER_NAMES and edge.name == "*":
                    pass
                case _:
                    continue
            for resolved in program.names.resolve(node, scope):
                if isinstance(resolved, External) and resolved.name.startswith("arq.") and is_framework(resolved.name):
                    return resolved.name
    return ""


def _dynamic(program: Program, module: ModuleScope) -> Iterator[tuple[code.Call, str]]:
    for scope in scopes_of(module):
        for node in scope.nodes.of(code.Call):
            match node:
                case code.Call(function=code.Name(id=name) | code.Attribute(name=name), arguments=(first, *_)) if (
                    name.endswith(("import_module", "__import__"))
                ):
                    text = program.names.text(first, scope)
                    called = program.names.resolve(node.function, scope)
                    imports = any(isinstance(r, External) and r.name in IMPORTING for r in called)
                    if text and imports and is_framework(text):
                        yield node, text


RULE = Rule(
    id="LY403",
    name="framework-free-services",
    source="Integration Patterns, What Goes Where; Testing Services",
    summary="A service imports fastapi, starlette, arq's worker, apscheduler, flet, typer or click.",
    why=(
        "A service is called from a route, a command, a task and a test alike. An `HTTPException` means nothing to a "
        "command, a `Retry` nothing to a route, and each import makes the service need a framework in a process that "
        "has no use for it."
    ),
    instead=(
        "Raise errors of your own and return values; the component that calls translates them into a status code, an "
        "exit status or a retry. A type such as `arq.connections.ArqRedis` may be named."
    ),
    subjects=subjects,
    check=check,
    nothing="the target has no services",
    configure="`roles.services` names the services where names do not tell.",
    bad=(
        Example(
            "a service raises an answer of the web",
            """
--- app/services/orders.py
from fastapi import HTTPException  # expect: LY403


async def find(order_id: int) -> int:
    if order_id < 0:
        raise HTTPException(404)
    return order_id
""",
        ),
        Example(
            "a submodule, the worker through its package, and a re-export",
            """
--- app/web.py
from fastapi.encoders import jsonable_encoder
--- app/services/export.py
import starlette.concurrency  # expect: LY403

from app.web import jsonable_encoder  # expect: LY403


async def export(order: object) -> object:
    return await starlette.concurrency.run_in_threadpool(jsonable_encoder, order)
--- app/services/mail.py
import arq  # expect: LY403


async def send(to: str) -> None:
    raise arq.Retry(defer=5)
""",
        ),
    ),
    good=(
        Example(
            "an error of its own, and the queue as a type",
            """
--- app/services/orders.py
from arq.connections import ArqRedis
from pydantic import BaseModel


class OrderNotFound(LookupError):
    pass


class Order(BaseModel):
    id: int


class Orders:
    def __init__(self, queue: ArqRedis) -> None:
        self.queue = queue

    async def find(self, order_id: int) -> Order:
        if order_id < 0:
            raise OrderNotFound(order_id)
        return Order(id=order_id)
""",
        ),
        Example(
            "the route has the framework",
            """
--- app/services/orders.py
import arq


async def enqueue(pool: arq.ArqRedis, order_id: int) -> None:
    await pool.enqueue_job("ship", order_id)
--- app/routes/orders.py
from fastapi import APIRouter, HTTPException

router = APIRouter()


@router.get("/orders/{order_id}")
async def order(order_id: int) -> int:
    if order_id < 0:
        raise HTTPException(404)
    return order_id
""",
        ),
    ),
)
