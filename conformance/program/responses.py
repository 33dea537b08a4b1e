"""What an endpoint says about the response that it gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.facts import code
from conformance.program import catalogue
from conformance.program.injection import Endpoint
from conformance.program.scopes import ClassScope, FunctionScope, Scope, ValueBinding
from conformance.program.values import Display, External, Instance, Symbol, Value

if TYPE_CHECKING:
    from conformance.program import Program

_DICTS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "DefaultDict", "defaultdict"})
_LISTS = frozenset({"list", "List", "Sequence", "Iterable", "Collection"})
_ANYTHING = frozenset({"Any", "object"})
_UNIONS = frozenset({"Optional", "Union"})
_WRAPPERS = frozenset({"Annotated", "Final", "ClassVar", "Required", "NotRequired"})
_CLIENTS = frozenset({"httpx", "requests", "aiohttp"})
_NO_CONTENT = ("HTTP_204_NO_CONTENT", "HTTPStatus.NO_CONTENT", "http.client.NO_CONTENT")
_DEEPEST = 20


def says_nothing(program: Program, node: code.Expression, scope: Scope, depth: int = 0) -> bool:
    """Return whether a type says nothing about what it holds: `dict`, `Any`, `object`, a bare list and the like.

    `dict[str, int]` and `list[dict[str, int]]` say something; `dict[str, Any]`, `list[dict]` and `dict | None` do not.
    """
    if depth > _DEEPEST:
        return False
    match node:
        case code.BinaryOperation(left=left, operator="|", right=right):
            return _all_say_nothing(program, (left, right), scope, depth)
        case code.Subscript(value=value, key=key):
            arguments = key.elements if isinstance(key, code.Sequence) and key.kind == "tuple" else (key,)
            for name in _named(program, value, scope):
                if name in _UNIONS:
                    return _all_say_nothing(program, arguments, scope, depth)
                if name in _WRAPPERS or name in _LISTS:
                    return says_nothing(program, arguments[0], scope, depth + 1)
                if name in _DICTS:
                    return says_nothing(program, arguments[-1], scope, depth + 1)
            return False
        case code.Name() | code.Attribute():
            for resolved in program.names.resolve(node, scope):
                match resolved:
                    case Symbol(binding=ValueBinding(value=aliased), scope=inner) if aliased is not None:
                        return says_nothing(program, aliased, inner, depth + 1)
            return any(name in _DICTS | _LISTS | _ANYTHING for name in _named(program, node, scope))
    return False


def _named(program: Program, node: code.Expression, scope: Scope) -> Iterator[str]:
    """Yield the short names of the types of the standard library that a name stands for."""
    for name in program.names.externals(node, scope):
        head, _, last = name.rpartition(".")
        if head in {"builtins", "typing", "typing_extensions", "collections.abc", "collections"}:
            yield last


def _all_say_nothing(program: Program, members: tuple[code.Expression, ...], scope: Scope, depth: int) -> bool:
    wanted = [m for m in members if not code.is_none(m)]
    return bool(wanted) and all(says_nothing(program, m, scope, depth + 1) for m in wanted)


# --- endpoints -----------------------------------------------------------------------------------------------------


def declares_response(program: Program, endpoint: Endpoint) -> bool:
    """Return whether a model or a class of responses is declared for an endpoint.

    `response_model` decides over the annotation; defaults of its router, and of what includes that, count.
    """
    model = _given(program, endpoint, "response_model")
    if model is not None:
        node, scope = model
        if code.is_none(node):
            return False
        return not says_nothing(program, node, scope)
    if _has_response_class(program, endpoint):
        return True
    returns = endpoint.function.node.returns
    return returns is not None and not says_nothing(program, returns, endpoint.function.parent)


def _has_response_class(program: Program, endpoint: Endpoint) -> bool:
    return _given(program, endpoint, "response_class") is not None or any(
        _has_default(call, "default_response_class") for call, _ in registrations(program, endpoint)
    )


def gives_response_objects(program: Program, endpoint: Endpoint) -> bool:
    """Return whether the endpoint is annotated with a `Response`, or makes one in every `return`."""
    function = endpoint.function
    if function.node.returns is not None:
        types = program.names.annotation(function.node.returns, function.parent)
        if types.types and not types.opaque and all(_is_response_type(program, t.type) for t in types.types):
            return True
    results = [n.value for n in function.nodes.of(code.Return)]
    return bool(results) and all(r is not None and _is_response(program, r, function) for r in results)


def is_hidden(program: Program, endpoint: Endpoint) -> bool:
    """Return whether the endpoint, or a router above it, is left out of the schema."""
    hidden = _given(program, endpoint, "include_in_schema")
    if hidden is not None:
        return isinstance(hidden[0], code.Constant) and hidden[0].value is False
    return any(
        keyword.name == "include_in_schema"
        and isinstance(keyword.value, code.Constant)
        and keyword.value.value is False
        for call, _ in registrations(program, endpoint)
        for keyword in call.keywords
    )


def has_no_content(program: Program, endpoint: Endpoint) -> bool:
    """Return whether the status is 204."""
    given = _given(program, endpoint, "status_code")
    if given is None:
        return False
    node, scope = given
    for value in program.names.infer(node, scope):
        match value:
            case Display(node=code.Constant(value=204)):
                return True
            case External(name=name) if name.endswith(_NO_CONTENT):
                return True
    return code.dotted(node).endswith(_NO_CONTENT)


def has_open_keywords(program: Program, endpoint: Endpoint) -> bool:
    """Return whether its decorator takes keywords from something that does not stand there literally."""
    return any(
        keyword.name is None and not list(_literal(program, keyword.value, endpoint.scope))
        for keyword in endpoint.call.keywords
    )


def registrations(program: Program, endpoint: Endpoint) -> Iterator[tuple[code.Call, Scope]]:
    """Yield the calls that make the routers above an endpoint, and those that include them."""
    pending: list[Value] = list(endpoint.routers)
    seen: set[int] = set()
    while pending:
        value = pending.pop()
        if not isinstance(value, Instance) or value.creation is None or id(value.creation.call) in seen:
            continue
        seen.add(id(value.creation.call))
        yield value.creation.call, value.creation.scope
        for inclusion in program.injection.inclusions_of(value):
            if not inclusion.scope.module.is_test:
                yield inclusion.call, inclusion.scope
                pending += inclusion.outer


def _given(program: Program, endpoint: Endpoint, name: str) -> tuple[code.Expression, Scope] | None:
    """Return what the decorator gives for a keyword, `**{…}` included."""
    for keyword in endpoint.call.keywords:
        if keyword.name == name:
            return keyword.value, endpoint.scope
        if keyword.name is None:
            for mapping, scope in _literal(program, keyword.value, endpoint.scope):
                for key, value in zip(mapping.keys, mapping.values, strict=True):
                    if key is not None and program.names.text(key, scope) == name:
                        return value, scope
    return None


def _literal(program: Program, node: code.Expression, scope: Scope) -> Iterator[tuple[code.Mapping, Scope]]:
    for value in program.names.infer(node, scope):
        match value:
            case Display(node=code.Mapping() as mapping, scope=inner):
                yield mapping, inner


def _has_default(call: code.Call, name: str) -> bool:
    return any(keyword.name == name and not code.is_none(keyword.value) for keyword in call.keywords)


def _is_response(program: Program, node: code.Expression, scope: FunctionScope) -> bool:
    match node:
        case code.Conditional(body=body, otherwise=otherwise):
            return _is_response(program, body, scope) and _is_response(program, otherwise, scope)
        case code.Await(value=value):
            return _is_response(program, value, scope)
    values = program.names.infer(node, scope)
    if values:
        return all(isinstance(v, Instance) and _is_response_type(program, v.type) for v in values)
    match node:
        case code.Call(function=code.Attribute(name=name)):
            return name.endswith("Response") and name[:1].isupper()
    return False


def _is_response_type(program: Program, cls: ClassScope | str) -> bool:
    return any(isinstance(base, str) and _is_library_response(base) for base in program.names.ancestry(cls))


def _is_library_response(name: str) -> bool:
    last = catalogue.canonical(name).rpartition(".")[2]
    return last.endswith("Response") and name.partition(".")[0] not in _CLIENTS
