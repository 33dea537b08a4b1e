"""LY408: routes, tasks, scheduled jobs and commands leave external calls and files to services."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import chain

from conformance.facts import code
from conformance.program import Program, Scope
from conformance.program.scopes import ParameterBinding, ValueBinding
from conformance.program.values import Display, External, Instance, Symbol, Value
from conformance.results import Violation
from conformance.rules.base import Example, Rule
from conformance.rules.layers.thin import thin_scopes

_VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "request", "send", "stream"})
_HTTP = {f"{module}.{verb}" for module in ("httpx", "requests") for verb in _VERBS} | {
    "aiohttp.request", "urllib.request.urlopen", "urllib.request.urlretrieve",
}  # fmt: skip
_PROCESSES = {
    f"subprocess.{name}"
    for name in ("run", "call", "check_call", "check_output", "Popen", "getoutput", "getstatusoutput")
} | {"os.system", "os.popen", "asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell"}
_MAILS = {"aiosmtplib.send"}
_FILES = {
    "builtins.open", "io.open", "os.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open", "tarfile.open",
    "aiofiles.open", "anyio.open_file", "shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.copytree",
    "shutil.move",
}  # fmt: skip
CALLS: dict[str, str] = {
    **dict.fromkeys(_HTTP, "makes an HTTP request"),
    **dict.fromkeys(_PROCESSES, "runs a process"),
    **dict.fromkeys(_MAILS, "sends mail"),
    **dict.fromkeys(_FILES, "reads or writes a file"),
}
_ON_PATHS = frozenset({"open", "read_text", "read_bytes", "write_text", "write_bytes"})
METHODS: tuple[tuple[tuple[str, ...], frozenset[str], str], ...] = (
    (
        ("httpx.AsyncClient", "httpx.Client", "requests.Session", "aiohttp.ClientSession"),
        _VERBS | {"ws_connect"},
        "makes an HTTP request",
    ),
    (("smtplib.SMTP", "smtplib.SMTP_SSL", "aiosmtplib.SMTP"), frozenset({"sendmail", "send_message"}), "sends mail"),
    (("pathlib.Path", "anyio.Path", "aiopath.AsyncPath"), _ON_PATHS, "reads or writes a file"),
)
_CLOUD = ("boto3.Client", "boto3.Resource", "aioboto3.Client", "aioboto3.Resource")
_NO_REQUEST = frozenset(
    {"close", "can_paginate", "get_paginator", "get_waiter", "generate_presigned_url", "generate_presigned_post",
     "client", "resource", "Bucket", "Object", "Table", "Queue", "Topic"}
)  # fmt: skip
_THREADS = frozenset({"to_thread", "run_in_threadpool", "run_in_executor", "run_sync"})


def subjects(program: Program) -> Iterator[Scope]:
    """The functions, classes and modules of routes, tasks, scheduler and cli, where the target has services."""
    return thin_scopes(program, with_frontend=False)


def check(program: Program, scope: Scope) -> Iterator[Violation]:
    """Report each request, process, mail and file."""
    threads = program.names.spellings(_THREADS)
    for node in chain(scope.nodes.of(code.Call), scope.deferred.of(code.Call)):
        for callee, url in _callees(node, threads):
            what = _external(program, callee, scope)
            if not what or (what == "makes an HTTP request" and _is_own(program, callee, url, scope)):
                continue
            called = code.dotted(callee) or code.last_name(callee)
            yield Violation(
                scope.module.place(node),
                f"`{scope.symbol or scope.module.name}` {what} itself: `{called}`",
                "leave it to a service, and keep here the call of the service",
                detail=f"{scope.symbol} {code.last_name(callee)}",
            )


def _callees(node: code.Call, threads: Collection[str]) -> Iterator[tuple[code.Expression, code.Expression | None]]:
    """Yield what a call calls, with the URL that it may be given: itself, or what it hands to a thread."""
    given = [*node.arguments, *(k.value for k in node.keywords if k.name == "url")]
    literal = [a for a in given[:2] if isinstance(a, code.Constant) and a.value in {"GET", "POST", "PUT", "PATCH"}]
    yield node.function, next((a for a in given if a not in literal), None)
    if code.last_name(node.function) in threads:
        for position, argument in enumerate(node.arguments[:2]):
            if isinstance(argument, (code.Name, code.Attribute)):
                yield argument, next(iter(node.arguments[position + 1 :]), None)


def _external(program: Program, callee: code.Expression, scope: Scope) -> str:
    """Return what a callee does outside of the process; "" for nothing."""
    callee, scope = program.names.unaliased(callee, scope)
    match callee:
        case code.Attribute(value=base, name=name) if name not in _NO_REQUEST:
            values = _objects(program, base, scope)
            for types, methods, what in METHODS:
                if name in methods and program.names.is_instance(values, *types):
                    return what
            if program.names.is_instance(values, *_CLOUD) or _is_part_of_cloud(program, base, scope):
                return "calls a cloud service"
        case code.Name() | code.Attribute():
            pass
        case _:
            return ""
    for value in program.names.infer(callee, scope):
        if isinstance(value, External) and value.name in CALLS:
            return CALLS[value.name]
    return ""


def _objects(program: Program, base: code.Expression, scope: Scope) -> tuple[Value, ...]:
    return program.names.expand(program.names.infer(base, scope))


def _is_part_of_cloud(program: Program, base: code.Expression, scope: Scope) -> bool:
    """Whether an object is made by a boto3 resource, or is its client: `s3.Bucket("x")`, `s3.meta.client`."""
    match base:
        case (
            code.Call(function=code.Attribute(value=inner, name=name))
            | code.Attribute(value=code.Attribute(value=inner, name="meta"), name="client" as name)
        ) if name[:1].isupper() or name == "client":
            return program.names.is_instance(_objects(program, inner, scope), "boto3.Resource", "aioboto3.Resource")
    return False


# --- a command that calls the project's own API ----------------------------------------------------------------------

_ABSOLUTE = re.compile(r"[a-z]+://(\[[^]]*\]|[^/:?#]*)")
_LOCAL = re.compile(r"localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1\]")
_OWN = frozenset({"api", "backend", "server", "base", "host", "port", "app", "local", "own", "internal", "health"})
_COMMON = frozenset(
    {"url", "uri", "root", "path", "prefix", "endpoint", "settings", "config", "get", "self", "v1", "http"}
)


def _is_own(program: Program, callee: code.Expression, url: code.Expression | None, scope: Scope) -> bool:
    """Whether a command's request goes to the project's own API: to this machine, or to what is named so."""
    if not scope.module.has_role("cli"):
        return False
    given = [(url, scope)] if url is not None else []
    if isinstance(callee, code.Attribute):
        for value in _objects(program, callee.value, scope):
            if isinstance(value, Instance) and value.creation is not None:
                given += [(k.value, value.creation.scope) for k in value.creation.call.keywords if k.name == "base_url"]
    texts = [text for node, where in given for text in _texts(program, node, where)]
    for text in texts:
        absolute = _ABSOLUTE.match(text)
        if absolute and absolute[1]:
            return _LOCAL.fullmatch(absolute[1]) is not None
    return any(_is_named_own(program, node, where) for node, where in given)


def _texts(program: Program, node: code.Expression, scope: Scope) -> Iterator[str]:
    """Yield what a URL starts with, as far as it stands there literally."""
    match node:
        case code.Format(parts=(first, *_)):
            yield from _texts(program, first, scope)
        case code.BinaryOperation(left=left):
            yield from _texts(program, left, scope)
        case code.Name() | code.Attribute() | code.Constant():
            for value in program.names.infer(node, scope):
                match value:
                    case Display(node=code.Constant(value=str(text))):
                        yield text
                    case Display(node=code.Format(parts=(code.Constant(value=str(text)), *_))):
                        yield text


def _is_named_own(program: Program, node: code.Expression, scope: Scope, depth: int = 0) -> bool:
    """Whether a name in an expression, or in what is bound to it, says that it is the project's own."""
    root = scope.module.name.partition(".")[0]
    own = {root, *root.split("_")}
    for part in code.walk(node):
        name = code.last_name(part) if isinstance(part, (code.Name, code.Attribute)) else ""
        if isinstance(part, code.Constant) and isinstance(part.value, str) and part.value.isidentifier():
            name = part.value
        words = set(name.lower().split("_")) - {""}
        if words & (_OWN | own) and words <= _OWN | _COMMON | own:
            return True
        if isinstance(part, code.Name) and depth < 3:
            for value, where in _bound(program, part, scope):
                if _is_named_own(program, value, where, depth + 1):
                    return True
    return False


def _bound(program: Program, name: code.Name, scope: Scope) -> Iterator[tuple[code.Expression, Scope]]:
    """Yield what a variable of the function is bound to: a value, a parameter's default and annotation."""
    for resolved in program.names.lookup(name.id, scope, name.span):
        if not isinstance(resolved, Symbol):
            continue
        match resolved.binding:
            case ValueBinding(value=value) if value is not None:
                yield value, resolved.scope
            case ParameterBinding(node=code.Parameter(annotation=annotation, default=default)):
                yield from ((e, resolved.scope) for e in (annotation, default) if e is not None)


_SERVICE = """
--- app/services/rates.py
def parse(text: str) -> float:
    return float(text)
"""


def _example(title: str, files: str) -> Example:
    """Return an example with the service that all have."""
    return Example(title, _SERVICE + files)


RULE = Rule(
    id="LY408",
    name="thin-component-io",
    source="Integration Patterns, What Goes Where",
    summary="Code in routes, tasks, scheduler or cli makes external calls or reads and writes files itself.",
    why=(
        "External calls and files are what a test wants to replace and what a second entry point wants to reuse. In a "
        "route or a task they are reached through HTTP or the queue alone, and their time-outs and errors are handled "
        "once per place."
    ),
    instead=(
        "Let a service make the call or read the file, with the client handed in. A command may call the project's own "
        "API. The rule holds where the target has services."
    ),
    subjects=subjects,
    check=check,
    nothing="the target has no services, or neither routes, tasks, scheduler nor cli",
    configure="`roles` names the modules where names do not tell: `services`, `routes`, `tasks`, `cli`.",
    bad=(
        _example(
            "a route makes an HTTP request",
            """
--- app/routes/rates.py
import httpx
from fastapi import APIRouter

from app.services.rates import parse

router = APIRouter()


@router.get("/rates/{code}")
def rate(code: str) -> float:
    response = httpx.get(f"https://rates.example.com/{code}")  # expect: LY408
    return parse(response.text)
""",
        ),
        _example(
            "a command reads files and runs a process, a task stores an object",
            """
--- app/cli/rates.py
import subprocess
from pathlib import Path

import httpx

from app.services.rates import parse


def load(folder: Path) -> float:
    subprocess.run(["sync"], check=True)  # expect: LY408
    with open(folder / "limits") as limits:  # expect: LY408
        limits.read()
    return parse((folder / "rates").with_suffix(".txt").read_text())  # expect: LY408


def fetch() -> str:
    return httpx.get("https://rates.example.com").text  # expect: LY408
--- app/components/scheduler.py
import asyncio

import boto3


async def store(folder) -> None:
    client = boto3.client("s3")
    await asyncio.to_thread(client.upload_file, "rates.txt", "bucket", "rates")  # expect: LY408
""",
        ),
    ),
    good=(
        Example(
            "the service does it",
            """
--- app/services/export.py
import requests


def fetch(url: str) -> str:
    return requests.get(url, timeout=5).text
--- app/routes/export.py
from pathlib import PurePath

from fastapi import APIRouter, UploadFile
from fastapi.responses import FileResponse

from app.services.export import fetch

router = APIRouter()


@router.get("/export/{name}")
def export(name: str) -> str:
    return fetch(f"https://files.example.com/{name}{PurePath(name).suffix}")


@router.post("/import")
async def load(file: UploadFile) -> FileResponse:
    await file.read()
    return FileResponse("done.txt")
""",
        ),
        _example(
            "a command that calls the project's own API",
            """
--- app/cli/health.py
import httpx

from app.config import settings


def health() -> None:
    print(httpx.get(f"{settings.API_BASE_URL}/health").json())


def ping() -> None:
    with httpx.Client(base_url="http://localhost:8000") as client:
        client.get("/ping")
--- app/config.py
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    API_BASE_URL: str = "http://localhost:8000"


settings = Settings()
""",
        ),
    ),
)
