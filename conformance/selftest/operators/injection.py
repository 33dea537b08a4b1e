"""DI1xx: providers and injection."""

# ruff: noqa: E501 - an operator is read as one line

from __future__ import annotations

from collections.abc import Callable, Iterator

from conformance.config import matches
from conformance.facts import code
from conformance.program import Alias
from conformance.program.roles import DEPS_NAMES
from conformance.program.scopes import ClassScope, FunctionScope, ModuleScope
from conformance.rules.injection.one_resource_per_module import RULE as ONE_RESOURCE
from conformance.selftest.ground import Ground
from conformance.selftest.operators.base import Modules, Operator, Placing, begins, ends, filled, new_file
from conformance.selftest.seeds import Seed

__all__ = ["OPERATORS"]

A_PROVIDER = "a provider in a deps module"
AN_ALIAS = "an alias in a deps module, beside its provider"
A_FACADE = "a deps package"
A_CONCERN = "a deps package, or a deps module of one concern"
ROUTES = "a module with endpoints"


def deps(ground: Ground) -> list[ModuleScope]:
    """The modules of deps, but for what the package itself says."""
    return [m for m in ground.modules("deps", but=("routes", "entrypoint")) if m not in ground.facades]


def routes(ground: Ground) -> list[ModuleScope]:
    return ground.modules("routes", but=("deps", "lifespan"))


def unexported(ground: Ground) -> list[ModuleScope]:
    """The modules behind a deps package that lists what it takes from them."""
    starred = {package.name for package in ground.facades if package.stars}
    return [
        m for m in deps(ground) if ground.is_behind(m) and not any(m.name.startswith(f"{name}.") for name in starred)
    ]


def facade(ground: Ground) -> list[ModuleScope]:
    return ground.facades


def but(*roles: str) -> Modules:
    return lambda ground: ground.modules(but=roles)


# --- DI101, DI102, DI115, DI116: what providers and aliases promise ---------------------------------------------------


def annotation(text: str, imported: str = "") -> Placing:
    """Write the type that a provider supplies in another way."""

    def place(ground: Ground) -> Iterator[Seed]:
        for function in ground.clean("DI101", ground.provider_functions):
            supplied = _supplied(function)
            if supplied is None or ground.program.names.supplied(function).nullable:
                continue
            changes = [ground.instead(function.module, supplied.span, text)]
            if imported:
                changes.append(ground.top(function.module, imported))
            at = ground.source(function.module).offset(*function.place.span[:2])
            yield Seed(tuple(changes), reported=(function.module.path, at), touches=frozenset({function.key}))

    return place


def _supplied(function: FunctionScope) -> code.Expression | None:
    """Return what of a provider's annotation says the type of its value."""
    match function.node.returns:
        case None | code.Constant():
            return None
        case code.Subscript(value=generic, key=key) if code.dotted(generic).rpartition(".")[2] in _GENERATORS:
            first = key.elements[0] if isinstance(key, code.Sequence) else key
            return None if isinstance(first, code.Constant) else first
        case other:
            return None if function.node.is_generator else other


_GENERATORS = {"AsyncGenerator", "Generator", "AsyncIterator", "Iterator", "AsyncIterable", "Iterable"}


def in_provider(rule: str, text: str) -> Placing:
    """Begin a provider with something else."""

    def functions(ground: Ground) -> Iterator[FunctionScope]:
        return (f for f in ground.clean(rule, ground.provider_functions) if not f.node.is_generator and _gives(f))

    return begins(functions, text, touches="{}")


def _gives(function: FunctionScope) -> bool:
    returned = [node.value for node in function.nodes if isinstance(node, code.Return)]
    return any(value is not None and not isinstance(value, code.Constant) for value in returned)


def of_alias(rule: str, text: str, *, besides: str = "", own: bool = False) -> Placing:
    """Write the type of an alias in another way; where `own` is asked for, that of a class of the target alone."""

    def place(ground: Ground) -> Iterator[Seed]:
        for alias in ground.aliases:
            match alias.node:
                case code.Assign(value=code.Subscript(key=code.Sequence(elements=(written, *_)))):
                    pass
                case _:
                    continue
            first = alias.place.span[0]
            if (rule, alias.module.path, first) in ground.reported or isinstance(written, code.Constant):
                continue
            types = alias.annotation.types if alias.annotation is not None else ()
            if own and not (types and all(isinstance(each.type, ClassScope) for each in types)):
                continue
            changes = [ground.instead(alias.module, written.span, text)]
            if besides:
                changes.append(ground.top(alias.module, besides))
            at = ground.source(alias.module).offset(*alias.place.span[:2])
            key = f"{alias.module.path}:{alias.name}"
            yield Seed(tuple(changes), reported=(alias.module.path, at), touches=frozenset({key, alias.module.path}))

    return place


def second_concern(name: str, first: str, second: str) -> Placing:
    """Put two providers into a new file of a deps package, else the second one into a module that has one concern."""

    def place(ground: Ground) -> Iterator[Seed]:
        yield from new_file(in_packages, name, f"{first}{second}")(ground)
        for subject in ONE_RESOURCE.subjects(ground.program):
            if subject.module in ground.own and len({concern for _, concern in subject.providers}) == 1:
                yield Seed((ground.end(subject.module, second),), touches=frozenset({subject.module.path}))

    return place


def in_packages(ground: Ground) -> list[ModuleScope]:
    """The deps modules beside which another would be one too."""
    patterns = ground.program.config.roles.get("deps", ())
    found = []
    for module in deps(ground):
        package = module.name if module.is_package else module.name.rpartition(".")[0]
        named = any(part in DEPS_NAMES or part.endswith("_deps") for part in package.split(".")[1:])
        if any(matches(pattern, f"{package}.selftest") for pattern in patterns) if patterns else named:
            found.append(module)
    return found


# --- what is imported from deps ---------------------------------------------------------------------------------------


def with_alias(text: str, *, behind: bool = False) -> Callable[[Ground, ModuleScope], str | None]:
    """Fill in an alias that a module can import: `<alias>`, `<provider>`, and how its module is imported."""

    def written(ground: Ground, importer: ModuleScope) -> str | None:
        alias = _importable(ground, importer, behind=behind)
        if alias is None or alias.injection.provider is None:
            return None
        return filled(text, alias.module, alias=alias.name, provider=alias.injection.provider.name)

    return written


def _importable(ground: Ground, importer: ModuleScope, *, behind: bool) -> Alias | None:
    return next(
        (
            alias
            for alias in ground.aliases
            if (ground.is_behind(alias.module) or not behind) and ground.can_import(importer, alias.module)
        ),
        None,
    )


def called(text: str) -> Callable[[Ground, ModuleScope], str | None]:
    """Fill in a provider in deps that a module can import: `<provider>`, and how its module is imported."""

    def written(ground: Ground, importer: ModuleScope) -> str | None:
        for function in ground.provider_functions:
            if ground.can_import(importer, function.module):
                return filled(text, function.module, provider=function.name)
        return None

    return written


def relative(text: str) -> Callable[[Ground, ModuleScope], str | None]:
    """Fill in an import of a module behind deps, counted in dots: `<dots>`."""

    def written(ground: Ground, importer: ModuleScope) -> str | None:
        alias = _importable(ground, importer, behind=True)
        if alias is None or alias.module.source_root != importer.source_root:
            return None
        own = importer.name.split(".")
        if own[0] != alias.module.name.split(".")[0] or len(own) < 2:
            return None
        levels = len(own) - (1 if not importer.is_package else 0)
        rest = ".".join(alias.module.name.split(".")[1:])
        return text.replace("<from>", "." * levels + rest).replace("<alias>", alias.name)

    return written


def _by_helper(ground: Ground) -> Iterator[Seed]:
    modules = ground.modules(but=("lifespan",))
    for caller in modules:
        helper = ground.imported(caller, modules)
        if helper is not None:
            yield Seed(
                (
                    ground.end(helper, "def put_down(where: object) -> None:\n    where.warm = True  # here"),
                    ground.end(
                        caller,
                        f"from fastapi import Request\nfrom {helper.name} import put_down\n"
                        "def warm(request: Request) -> None:\n    put_down(request.app.state)",
                    ),
                )
            )


def _without_alias(ground: Ground) -> Iterator[Seed]:
    for route in routes(ground):
        module = ground.imported(route, deps(ground))
        if module is not None:
            provider = "from fastapi import Request\ndef get_clock(request: Request) -> float:  # here\n    return 0.0"
            endpoint = f"""
from fastapi import APIRouter, Depends
from {module.name} import get_clock
router = APIRouter()
@router.get("/clock")
async def read(clock: float = Depends(get_clock)) -> float:
    return clock
"""
            yield Seed((ground.end(module, provider), ground.end(route, endpoint)))


HEAD = """
from typing import Annotated
from fastapi import Depends, Request
"""

OPERATORS = (
    # --- DI101 ---
    Operator("DI101", "the annotation says `| None`", A_PROVIDER, annotation("{} | None")),
    Operator("DI101", "the annotation says Optional", A_PROVIDER, annotation("typing.Optional[{}]", "import typing")),
    Operator("DI101", "the annotation says Union", A_PROVIDER, annotation("Union[None, {}]", "from typing import Union")),
    Operator("DI101", "an early `return None`", A_PROVIDER, in_provider("DI101", "if id(0) == 1:\n    return None  # here")),
    Operator("DI101", "getattr with a default", "a deps module", ends(deps, HEAD + """
def get_given(request: Request):
    return getattr(request.app.state, "given", None)  # here
GivenDep = Annotated[object, Depends(get_given)]
""")),
    Operator("DI101", "a generator yields None", "a deps module", ends(deps, HEAD + """
async def get_given(request: Request):
    yield None  # here
GivenDep = Annotated[object, Depends(get_given)]
""")),
    Operator("DI101", "a path ends without a value", "a deps module", ends(deps, HEAD + """
class Given: ...
async def get_given(request: Request) -> Given:  # here
    if request.client:
        return Given()
GivenDep = Annotated[Given, Depends(get_given)]
""")),
    # --- DI102 ---
    Operator("DI102", "an alias of `T | None`", AN_ALIAS, of_alias("DI102", "{} | None")),
    Operator("DI102", "an alias of Optional", AN_ALIAS, of_alias("DI102", "Optional[{}]", besides="from typing import Optional")),
    Operator("DI102", "an alias of a string", "a deps module", ends(deps, HEAD + """
class Given: ...
def get_given(request: Request) -> Given:
    return Given()
GivenDep = Annotated["Given | None", Depends(get_given)]  # here
""")),
    Operator("DI102", "a parameter by default", "a deps module", ends(deps, """
import typing
from fastapi import Depends, Request
class Given: ...
def get_given(request: Request) -> Given:
    return Given()
def get_other(
    given: typing.Optional[Given] = Depends(get_given),  # here
) -> Given:
    return Given()
async def get_more(other: Given = Depends(get_other)) -> Given:
    return other
""")),
    Operator("DI102", "a parameter that defaults to None", ROUTES, ends(routes, HEAD + """
from fastapi import APIRouter
class Given: ...
def get_given(request: Request) -> Given:
    return Given()
router = APIRouter()
@router.get("/given")
async def give(given: Annotated[Given, Depends(get_given)] = None) -> None: ...  # here
""")),
    # --- DI103 ---
    Operator("DI103", "`or`", "a module", ends(but(), """
class Store:
    def put(self) -> None: ...
def give(store: Store | None = None) -> Store:
    return store or Store()  # here
""")),
    Operator("DI103", "a conditional expression", "a module", ends(but(), """
from typing import Optional
class Store:
    def put(self) -> None: ...
class Giver:
    def __init__(self, store: Optional[Store] = None) -> None:
        self.store = Store() if store is None else store  # here
""")),
    Operator("DI103", "an if statement", "a module", ends(but(), """
class Store:
    def put(self) -> None: ...
async def give(store: Store | None = None) -> Store:
    if not store:
        store = Store()  # here
    return store
""")),
    Operator("DI103", "what `**kwargs` lacks", "a module", ends(but(), """
from httpx import AsyncClient
def give(**kwargs: object) -> object:
    return kwargs.get("client") or AsyncClient()  # here
""")),
    # --- DI104 ---
    Operator("DI104", "two keys of app.state", A_CONCERN, second_concern("selftest_two_keys.py", HEAD + """
class Bus: ...
def get_bus(request: Request) -> Bus:
    return request.app.state.bus
BusDep = Annotated[Bus, Depends(get_bus)]
""", HEAD + """
class Store: ...
def get_store(request: Request) -> Store:  # here
    return request.app.state.store
StoreDep = Annotated[Store, Depends(get_store)]
""")),
    Operator("DI104", "two types", A_CONCERN, second_concern("selftest_two_types.py", HEAD + """
class Bus: ...
async def get_bus(request: Request) -> Bus:
    return Bus()
BusDep = Annotated[Bus, Depends(get_bus)]
""", """
import typing
import fastapi
class Store: ...
async def get_store(request: fastapi.Request) -> Store:  # here
    return Store()
StoreDep = typing.Annotated[Store, fastapi.Depends(get_store)]
""")),
    Operator("DI104", "a getter that nobody uses yet", A_CONCERN, second_concern("selftest_getter.py", """
from fastapi import Request
async def get_bus(request: Request) -> object:
    return request.app.state.bus
""", """
from starlette.requests import Request as Asked
async def get_store(request: Asked) -> object:  # here
    return getattr(request.app.state, "store")
""")),
    # --- DI105 ---
    Operator("DI105", "a function, by an alias", "a module outside deps", ends(but("deps", "config", "routes"), HEAD + """
class Load: ...
def get_load(request: Request) -> Load:  # here
    return Load()
LoadDep = Annotated[Load, Depends(get_load)]
""")),
    Operator("DI105", "a function, in an endpoint", ROUTES, ends(routes, """
from fastapi import APIRouter, Depends, Request
router = APIRouter()
class Load: ...
async def get_load(request: Request) -> Load:  # here
    return Load()
@router.get("/load")
async def read_load(load: Load = Depends(get_load)) -> None: ...
""")),
    Operator("DI105", "a class", "a module outside deps", ends(but("deps", "config", "routes"), """
import typing
import fastapi
class Load:  # here
    def __init__(self, request: fastapi.Request) -> None:
        self.request = request
LoadDep = typing.Annotated[Load, fastapi.Depends()]
""")),
    Operator("DI105", "by Security", "a module outside deps", ends(but("deps", "config", "routes"), """
from typing import Annotated, TypeAlias
from fastapi import Request, Security
class Load: ...
def get_load(request: Request) -> Load:  # here
    return Load()
LoadDep: TypeAlias = Annotated[Load, Security(get_load)]
""")),
    # --- DI106 ---
    Operator("DI106", "in the module's body", "a module", ends(but(), """
import httpx
client = httpx.AsyncClient()  # here
""")),
    Operator("DI106", "in a class body", "a module", ends(but(), """
from redis.asyncio import Redis
class Shared:
    pool = Redis()  # here
""")),
    Operator("DI106", "as a default argument", "a module", ends(but(), """
import sqlalchemy.ext.asyncio as sa
def give(
    engine: object = sa.create_async_engine("sqlite://"),  # here
) -> None: ...
""")),
    Operator("DI106", "under a condition", "a module", ends(but(), """
from concurrent.futures import ThreadPoolExecutor
try:
    executor = ThreadPoolExecutor()  # here
except RuntimeError:
    executor = None
""")),
    Operator("DI106", "by a function that is called", "a module", ends(but(), """
import httpx
def make() -> httpx.Client:
    return httpx.Client()
client = make()  # here
""")),
    # --- DI107 ---
    Operator("DI107", "an attribute", ROUTES, ends(routes, """
from fastapi import APIRouter, Request
router = APIRouter()
@router.get("/held")
async def read_held(request: Request) -> None:
    held = request.app.state.held  # here
""")),
    Operator("DI107", "by a helper of the module", ROUTES, ends(routes, """
from fastapi import APIRouter, Request
router = APIRouter()
@router.get("/held")
async def read_held(request: Request) -> None:
    held_by(request)
def held_by(request: Request) -> object:
    return getattr(request.app.state, "held")  # here
""")),
    Operator("DI107", "of a local alias", ROUTES, ends(routes, """
from fastapi import APIRouter
from starlette.requests import Request
router = APIRouter()
async def read_held(request: Request) -> None:
    state = request.app.state
    print(state.held)  # here
router.add_api_route("/held", read_held)
""")),
    # --- DI108 ---
    Operator("DI108", "an attribute", "a module that is no lifespan", ends(but("lifespan"), """
from fastapi import FastAPI
def warm(app: FastAPI) -> None:
    app.state.warm = True  # here
""")),
    Operator("DI108", "setattr", "a module that is no lifespan", ends(but("lifespan"), """
from fastapi import Request
async def warm(request: Request) -> None:
    setattr(request.app.state, "warm", True)  # here
""")),
    Operator("DI108", "a local alias", "a module that is no lifespan", ends(but("lifespan"), """
import fastapi
def warm(request: fastapi.Request) -> None:
    state = request.app.state
    state.warm = True  # here
""")),
    Operator("DI108", "deleted", "a module that is no lifespan", ends(but("lifespan"), """
from starlette.applications import Starlette
def cool(app: Starlette) -> None:
    del app.state.warm  # here
""")),
    Operator("DI108", "an attribute of the application", "a module that is no lifespan", ends(but("lifespan"), """
from fastapi import Request
async def warm(request: Request) -> None:
    request.app.warm = True  # here
""")),
    Operator("DI108", "a helper in another module", "two modules that are no lifespan", _by_helper),
    # --- DI109 ---
    Operator("DI109", "a provider is re-exported", AN_ALIAS, ends(facade, with_alias("from <module> import <provider>  # here"))),
    Operator("DI109", "a provider is defined there", A_FACADE, ends(facade, HEAD + """
def get_clock(request: Request) -> float:  # here
    return 0.0
ClockDep = Annotated[float, Depends(get_clock)]  # here
""")),
    Operator("DI109", "everything is imported", AN_ALIAS, ends(facade, with_alias("from <module> import *  # here"))),
    # --- DI110 ---
    Operator("DI110", "an alias that the package does not have", A_FACADE, ends(unexported, HEAD + """
class Clock: ...
def get_clock(request: Request) -> Clock:
    return Clock()
ClockDep = Annotated[Clock, Depends(get_clock)]  # here
""")),
    Operator("DI110", "a TypeAlias that the package does not have", A_FACADE, ends(unexported, """
import typing as t
from fastapi import Request, Security
class Clock: ...
def get_clock(request: Request) -> Clock:
    return Clock()
ClockDep: t.TypeAlias = t.Annotated[Clock, Security(get_clock)]  # here
""")),
    Operator("DI110", "a provider without an alias", "a deps module that routes can import", _without_alias),
    # --- DI111 ---
    Operator("DI111", "from … import", AN_ALIAS, ends(routes, with_alias("from <module> import <alias>  # here", behind=True))),
    Operator("DI111", "import … as", AN_ALIAS, ends(routes, with_alias("import <module> as db  # here", behind=True))),
    Operator("DI111", "in a function", AN_ALIAS, ends(routes, with_alias("def read() -> None:\n    from <package> import <last>  # here", behind=True))),
    Operator("DI111", "for the type checker", AN_ALIAS, ends(routes, with_alias(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from <module> import <alias>  # here", behind=True
    ))),
    Operator("DI111", "relative", AN_ALIAS, ends(routes, relative("from <from> import <alias>  # here"))),
    # --- DI112 ---
    Operator("DI112", "in Annotated", AN_ALIAS, ends(routes, with_alias("""
from typing import Annotated
from fastapi import APIRouter, Depends
from <module> import <provider>
router = APIRouter()
@router.get("/inline")
async def read(given: Annotated[object, Depends(<provider>)]) -> None: ...  # here
"""))),
    Operator("DI112", "as a default", AN_ALIAS, ends(routes, with_alias("""
import fastapi
import <module> as supplied
router = fastapi.APIRouter()
@router.post("/inline")
def read(
    number: int,
    given: object = fastapi.Depends(supplied.<provider>),  # here
) -> None: ...
"""))),
    Operator("DI112", "by Security", AN_ALIAS, ends(routes, with_alias("""
import typing as t
from fastapi import APIRouter, Security
from <package> import <last>
router = APIRouter()
async def read(
    *, given: t.Annotated["object", Security(<last>.<provider>)]  # here
) -> None: ...
router.add_api_route("/inline", read)
"""))),
    # --- DI113 ---
    Operator("DI113", "of the router", ROUTES, ends(routes, HEAD + """
from fastapi import APIRouter
class User: ...
def get_user(request: Request) -> User:
    return User()
UserDep = Annotated[User, Depends(get_user)]
router = APIRouter(dependencies=[Depends(get_user)])
@router.get("/me")
async def read(user: UserDep) -> None: ...  # here
""")),
    Operator("DI113", "of the decorator", ROUTES, ends(routes, HEAD + """
from fastapi import APIRouter
class User: ...
def get_user(request: Request) -> User:
    return User()
router = APIRouter()
@router.get("/me", dependencies=[Depends(get_user)])
async def read(
    user: Annotated[User, Depends(get_user)],  # here
) -> None:
    del user
""")),
    Operator("DI113", "of the inclusion", ROUTES, ends(routes, HEAD + """
from fastapi import APIRouter
class User: ...
def get_user(request: Request) -> User:
    return User()
UserDep = Annotated[User, Depends(get_user)]
outer, inner = APIRouter(), APIRouter()
outer.include_router(inner, dependencies=[Depends(get_user)])
@inner.get("/me")
async def read(user: UserDep) -> None: ...  # here
""")),
    # --- DI114 ---
    Operator("DI114", "on_event", "an application", ends(lambda g: g.modules("entrypoint"), """
from fastapi import FastAPI
app = FastAPI(lifespan=None)
@app.on_event("startup")  # here
async def warm() -> None: ...
""")),
    Operator("DI114", "add_event_handler", "an application", new_file(lambda g: g.modules("entrypoint"), "selftest_handler.py", """
from fastapi import FastAPI
app = FastAPI()
app.add_event_handler("shutdown", print)  # here
""")),
    Operator("DI114", "on_startup", "an application", new_file(lambda g: g.modules("entrypoint"), "selftest_keyword.py", """
from starlette.applications import Starlette
def warm() -> None: ...
app = Starlette(
    on_startup=[warm],  # here
)
""")),
    Operator("DI114", "the lifespan beside the application", "an application", new_file(lambda g: g.modules("entrypoint"), "selftest_beside.py", """
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app: FastAPI):  # here
    yield
app = FastAPI(lifespan=lifespan)
""")),
    # --- DI115 ---
    Operator("DI115", "an alias of another class", "a deps module", ends(deps, HEAD + """
class Clock: ...
class Watch: ...
def get_clock(request: Request) -> Clock:
    return Clock()
ClockDep = Annotated[Watch, Depends(get_clock)]  # here
""")),
    Operator("DI115", "a parameter by default", "a deps module", ends(deps, """
from fastapi import Depends
class Clock: ...
class Watch: ...
async def get_clock() -> Clock:
    return Clock()
def get_hands(
    watch: Watch = Depends(get_clock),  # here
) -> Watch:
    return watch
""")),
    Operator("DI115", "what a generator yields", "a deps module", ends(deps, """
import typing
from collections.abc import AsyncGenerator
import fastapi
class Clock: ...
class Watch: ...
async def get_clock() -> AsyncGenerator[Clock, None]:
    yield Clock()
ClockDep: typing.TypeAlias = typing.Annotated["Watch", fastapi.Depends(get_clock)]  # here
""")),
    Operator("DI115", "the alias of a provider", AN_ALIAS, of_alias("DI115", "Other", besides="class Other: ...", own=True)),
    # --- DI116 ---
    Operator("DI116", "a function", "a deps module", ends(deps, HEAD + """
def get_clock(request: Request):  # here
    return 1
ClockDep = Annotated[int, Depends(get_clock)]
""")),
    Operator("DI116", "a generator", "a deps module", ends(deps, HEAD + """
async def get_clock(request: Request):  # here
    yield 1
ClockDep = Annotated[int, Depends(get_clock)]
""")),
    Operator("DI116", "an object that is called", "a deps module", ends(deps, HEAD + """
class Clock:
    def __call__(self, request: Request):  # here
        return 1
get_clock = Clock()
ClockDep = Annotated[int, Depends(get_clock)]
""")),
    # --- DI117 ---
    Operator("DI117", "in an endpoint", A_PROVIDER, ends(routes, called("""
from fastapi import APIRouter
from <module> import <provider>
router = APIRouter()
@router.get("/called")
async def read() -> None:
    await <provider>()  # here
"""))),
    Operator("DI117", "of a module", A_PROVIDER, ends(routes, called("""
from fastapi import APIRouter
import <module> as supplied
router = APIRouter()
@router.get("/called")
def read() -> None:
    print(supplied.<provider>())  # here
"""))),
    Operator("DI117", "by a helper of the module", A_PROVIDER, ends(routes, called("""
from fastapi import APIRouter
from <package> import <last>
router = APIRouter()
@router.get("/called")
async def read() -> None:
    help_reading()
def help_reading() -> object:
    return <last>.<provider>()  # here
"""))),
)  # fmt: skip
