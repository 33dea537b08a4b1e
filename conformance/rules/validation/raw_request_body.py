"""DV504: FastAPI reads the body, and validates it, before the endpoint runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from conformance.facts import code
from conformance.program import Endpoint, FunctionScope, Program
from conformance.program.scopes import ClassScope
from conformance.program.usage import Fate
from conformance.program.values import FunctionValue
from conformance.results import Step, Violation
from conformance.rules.base import Example, Rule

_READING = frozenset({"json", "body", "form"})
_VERIFYING = (
    "verif",
    "signature",
    "sig_",
    "secret",
    "construct_event",
    "hmac",
    "compare_digest",
    "check_sign",
    "validate_sign",
)
_GIVEN_TO_VERIFY = ("signature", "sig_", "secret")
"""What the arguments are called beside the body, where it is checked by something of another name."""
_COMPARING = frozenset({"compare_digest", "construct_event"})
"""Functions that say by themselves whether a signature holds."""


_PARSING = frozenset(
    {"loads", "load", "safe_load", "parse", "parse_raw", "parse_qs", "parse_qsl", "fromstring", "XML", "from_json",
     "str", "decode", "model_validate_json", "validate_json"}
)  # fmt: skip


class Code(NamedTuple):
    """An endpoint, and what it runs: itself and the helpers of its module."""

    endpoint: Endpoint
    functions: tuple[FunctionScope, ...]


def subjects(program: Program) -> Iterator[Code]:
    """Each endpoint of HTTP."""
    providers = {p.function for p in program.injection.providers.values() if p.function is not None}
    for endpoint in program.injection.endpoints:
        if not endpoint.module.is_test and not endpoint.is_websocket:
            yield Code(endpoint, tuple(_functions(program, endpoint, providers)))


def check(program: Program, subject: Code) -> Iterator[Violation]:
    """Report each read of the body, but for an endpoint that verifies a signature over it."""
    reads = [
        (call, function)
        for function in subject.functions
        for call in _reads(program, function)
        if not _is_passed_on(program, call, function)
    ]
    if not reads or _verifies(program, subject):
        return
    endpoint = subject.endpoint.function
    for call, function in reads:
        name = call.function.name if isinstance(call.function, code.Attribute) else ""
        trail = () if function is endpoint else (Step(endpoint.place, f"endpoint `{endpoint.name}`"),)
        yield Violation(
            function.module.place(call),
            f"`{function.name}` reads the request's {name} itself",
            "declare a model, `Form()` or `Body()` as a parameter of the endpoint",
            detail=f"{function.name} {name}",
            trail=trail,
        )


def _functions(program: Program, endpoint: Endpoint, providers: set[FunctionScope]) -> Iterator[FunctionScope]:
    """Yield the endpoint and the functions of its module that it calls, directly or not; providers are none."""
    seen: set[FunctionScope] = set()
    pending = [endpoint.function]
    while pending:
        function = pending.pop()
        if function in seen:
            continue
        seen.add(function)
        yield function
        inner = [f for f in function.module.functions if f.parent is function]
        for called in (*inner, *program.lifespans.called_by(function)):
            of_provider = isinstance(called.parent, ClassScope) and any(m in providers for m in called.parent.methods)
            if called.module is endpoint.module and called not in providers and not of_provider:
                pending.append(called)


def _reads(program: Program, function: FunctionScope) -> Iterator[code.Call]:
    for node in (*function.nodes.of(code.Call), *function.deferred.of(code.Call)):
        match program.names.unaliased(node.function, function):
            case (code.Attribute(value=base, name=name), scope) if name in _READING:
                if program.names.is_instance(program.names.infer(base, scope), "starlette.requests.Request"):
                    yield node


def _is_passed_on(program: Program, call: code.Call, function: FunctionScope) -> bool:
    """Whether it is the bytes of the body that are wanted, to be stored or sent on: nothing parses them."""
    if code.last_name(call.function) != "body":
        return False
    outcomes = program.usage.outcomes(call, function)
    handed = [
        code.last_name(o.node.function) for o in outcomes if o.fate is Fate.USED and isinstance(o.node, code.Call)
    ]
    return bool(handed) and _PARSING.isdisjoint(handed) and all(o.fate is not Fate.VALIDATED for o in outcomes)


def _verifies(program: Program, subject: Code) -> bool:
    """Whether the endpoint, or what is injected into it, verifies a signature over the body."""
    functions = list(subject.functions)
    uses = (
        *program.injection.uses_of_function.get(subject.endpoint.function, ()),
        *program.injection.always_injected(subject.endpoint),
    )
    for use in uses:
        provider = use.injection.provider
        if provider is not None and provider.function is not None:
            injected = (provider.function, *program.lifespans.called_by(provider.function))
            functions += (f for f in injected if any(_reads(program, f)))
    return any(_hands_on(program, function) for function in functions)


def _hands_on(program: Program, function: FunctionScope) -> bool:
    """Whether the body, or the request, is handed to something that verifies."""
    for node in (*function.nodes, *function.deferred):
        if isinstance(node, code.Call):
            given = [*(k.name or "" for k in node.keywords), *map(code.dotted, node.arguments)]
            verifies = (
                _tells(code.dotted(node.function), _VERIFYING)
                or any(_tells(name, _GIVEN_TO_VERIFY) for name in given)
                or _calls_verifier(program, node, function)
            )
            if verifies and _is_given_body(program, node, function):
                return True
    return False


def _tells(name: str, words: tuple[str, ...]) -> bool:
    """Whether a name tells of a signature that is verified."""
    return any(word in name.lower() for word in words)


def _calls_verifier(program: Program, call: code.Call, function: FunctionScope) -> bool:
    """Whether what is called is a function of the target that calls what verifies."""
    return any(
        isinstance(value, FunctionValue)
        and any(code.last_name(inner.function) in _COMPARING for inner in value.function.nodes.of(code.Call))
        for value in program.names.infer(call.function, function)
    )


def _is_given_body(program: Program, call: code.Call, function: FunctionScope) -> bool:
    bodies = {id(read) for read in _reads(program, function)}
    for argument in (*call.arguments, *(k.value for k in call.keywords)):
        if isinstance(argument, (code.Name, code.Attribute)) and program.names.is_instance(
            program.names.infer(argument, function), "starlette.requests.Request"
        ):
            return True
        for node in _wholes(argument):
            if id(node) in bodies:
                return True
            if isinstance(node, code.Name) and (
                "body" in node.id or "payload" in node.id or _comes_from(node.id, function, bodies)
            ):
                return True
    return False


def _wholes(node: code.Node) -> Iterator[code.Node]:
    """Yield the parts of an expression, but not what one field alone is taken of: `body["token"]`, `body.get("a")`."""
    pending = [node]
    while pending:
        node = pending.pop()
        match node:
            case code.Subscript(key=code.Constant(value=str())):
                continue
            case code.Call(function=code.Attribute(name="get" | "pop"), arguments=(code.Constant(value=str()), *_)):
                continue
        yield node
        pending += code.children(node)


def _comes_from(name: str, function: FunctionScope, bodies: set[int], depth: int = 0) -> bool:
    """Whether a local is bound to something that is made of the body."""
    for binding in function.bindings.get(name, ()):
        value = getattr(binding, "value", None)
        if value is None or depth > 5:
            continue
        for node in _wholes(value):
            if id(node) in bodies:
                return True
            if isinstance(node, code.Name) and node.id != name and _comes_from(node.id, function, bodies, depth + 1):
                return True
    return False


RULE = Rule(
    id="DV504",
    name="raw-request-body",
    source="Integration Patterns, Data Validation Boundaries",
    summary="An endpoint reads the body of the request itself.",
    why=(
        "A typed body is validated before the endpoint runs, answered with 422 where it is wrong, and shown in the "
        "documentation. A body that is read by hand is none of that: the first wrong field is an error 500."
    ),
    instead=(
        "Declare the body as a parameter: a model, `Annotated[T, Body()]`, `Form()`, `UploadFile`. A webhook that "
        "verifies a signature needs the raw bytes, and may read them, as may what stores or sends on the bytes as they "
        "are."
    ),
    subjects=subjects,
    check=check,
    nothing="the target declares no endpoint",
    bad=(
        Example(
            "the JSON of the request",
            """
--- app/routes/orders.py
from fastapi import APIRouter, Request

router = APIRouter()


@router.post("/orders")
async def create(request: Request) -> int:
    data = await request.json()  # expect: DV504
    return data["amount"]
""",
        ),
        Example(
            "in a helper, and as a form",
            """
--- app/main.py
from fastapi import FastAPI, Request

app = FastAPI()


async def read(request: Request) -> bytes:
    return await request.body()  # expect: DV504


@app.post("/import")
async def import_rows(request: Request) -> int:
    return len(await read(request))


@app.post("/profile")
async def profile(incoming: Request) -> str:
    async with incoming.form() as form:  # expect: DV504
        return str(form["name"])
""",
        ),
    ),
    good=(
        Example(
            "a typed body",
            """
--- app/routes/orders.py
from fastapi import APIRouter, Request
from pydantic import BaseModel

router = APIRouter()


class NewOrder(BaseModel):
    amount: int


@router.post("/orders")
async def create(order: NewOrder, request: Request) -> str:
    return f"{request.url.path}: {order.amount}"
""",
        ),
        Example(
            "a webhook that verifies its signature",
            """
--- app/routes/hooks.py
import hashlib
import hmac

from fastapi import APIRouter, HTTPException, Request

router = APIRouter()


@router.post("/hook")
async def hook(request: Request) -> int:
    body = await request.body()
    digest = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(digest, request.headers["x-signature"]):
        raise HTTPException(401)
    return len(body)
""",
        ),
    ),
)
