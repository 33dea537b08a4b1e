"""What a class is: a value, a model, a protocol, and which of two classes can be the same object."""

from __future__ import annotations

import sys

from conformance.facts import code
from conformance.program import catalogue
from conformance.program.inference import Inference
from conformance.program.scopes import ClassScope, ValueBinding
from conformance.program.values import External

_MODEL_BASES = frozenset(
    {"pydantic.BaseModel", "pydantic.RootModel", "pydantic.generics.GenericModel", "sqlmodel.SQLModel",
     "typing.NamedTuple", "typing.TypedDict", "typing_extensions.TypedDict", "typing_extensions.NamedTuple",
     "msgspec.Struct", "sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta",
     "sqlalchemy.orm.MappedAsDataclass", "beanie.Document", "odmantic.Model", "mongoengine.Document",
     "tortoise.models.Model", "tortoise.Model", "piccolo.table.Table", "ormar.Model", "peewee.Model",
     "sqlalchemy.ext.declarative.DeclarativeMeta"}
)  # fmt: skip
_VALUE_ENDINGS = ("Error", "Exception", "BaseModel", ".Model", "Schema", "Document")
"""How the names of base classes from other distributions end whose subclasses are models or exceptions."""
_DATACLASS_DECORATORS = frozenset(
    {"dataclasses.dataclass", "pydantic.dataclasses.dataclass", "attr.s", "attr.attrs", "attr.dataclass", "attr.define",
     "attr.frozen", "attr.mutable", "attrs.define", "attrs.frozen", "attrs.mutable",
     "sqlalchemy.orm.mapped_as_dataclass"}
)  # fmt: skip
_MAPPED = frozenset(
    {"sqlalchemy.Column", "sqlalchemy.orm.mapped_column", "sqlalchemy.orm.relationship", "sqlalchemy.orm.Mapped"}
)
VALUE_DISTRIBUTIONS = frozenset(
    {"annotated_types", "anyio", "apscheduler", "arrow", "attr", "attrs", "babel", "bson", "celery", "click",
     "dateutil", "fastapi", "flet", "jinja2", "loguru", "multidict", "numpy", "opentelemetry", "packaging", "pandas",
     "passlib", "pendulum", "polars", "pydantic", "pydantic_core", "pytz", "sqlalchemy", "sqlmodel", "starlette",
     "structlog", "typer", "typing_extensions", "yarl"}
)  # fmt: skip
"""Distributions whose classes are values, or declare something; what of them is a resource is known by name."""
_VALUES = frozenset(
    {"httpx.Timeout", "httpx.Limits", "httpx.URL", "httpx.Headers", "httpx.QueryParams", "httpx.Cookies",
     "aiohttp.ClientTimeout", "arq.connections.RedisSettings", "requests.Response", "httpx.Response",
     "pydantic_ai.RunUsage", "pydantic_ai.usage.RunUsage"}
)  # fmt: skip

_LIBRARY_VALUE_ENDINGS = ("Error", "Exception", "Config", "Configuration", "Options", "Limits", "Timeout", "Timezone")
"""How the names of library classes end whose objects only say how something is to be done."""


class Kinds:
    """Answers what kind of thing a class is."""

    def __init__(self, names: Inference) -> None:
        self.names = names

    def is_value(self, cls: ClassScope | str) -> bool:
        """Return whether objects of a class are values: nothing that one depends on.

        Builtins, the standard library's classes that are no resources, models, dataclasses, enumerations, exceptions,
        and what merely declares something: loggers, locks, routers, templates.
        """
        if isinstance(cls, str):
            return self._is_library_value(cls)
        if self.names.is_a(cls, "pydantic_settings.BaseSettings"):
            return False
        for base in self.names.ancestry(cls):
            if isinstance(base, str):
                if base in _MODEL_BASES or _is_builtin(base) or base.startswith("enum."):
                    return True
                if base.endswith(_VALUE_ENDINGS) or base.startswith(("starlette.responses.", "fastapi.responses.")):
                    return True
            elif self._is_dataclass(base) or _is_mapped(self.names, base):
                return True
        return False

    def _is_library_value(self, name: str) -> bool:
        if catalogue.resource_of(name) is not None or name == "pydantic_settings.BaseSettings":
            return False
        top = name.partition(".")[0]
        return (
            top in VALUE_DISTRIBUTIONS
            or top in sys.stdlib_module_names
            or name in _VALUES
            or name.endswith(_LIBRARY_VALUE_ENDINGS)
        )

    def _is_dataclass(self, cls: ClassScope) -> bool:
        for decorator in cls.node.decorators:
            node = decorator.function if isinstance(decorator, code.Call) else decorator
            for resolved in self.names.resolve(node, cls.parent):
                if isinstance(resolved, External) and resolved.name in _DATACLASS_DECORATORS:
                    return True
        return False

    def is_protocol(self, cls: ClassScope | str) -> bool:
        """Return whether a class is a protocol itself: one that inherits from a protocol is a class."""
        return isinstance(cls, ClassScope) and not PROTOCOLS.isdisjoint(self.names.bases(cls))


PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})


def _is_builtin(name: str) -> bool:
    return name.startswith("builtins.") and name not in {"builtins.object", "builtins.type"}


def _is_mapped(names: Inference, cls: ClassScope) -> bool:
    """Whether a class is mapped to a table: it names one, or has columns."""
    if any(name in cls.bindings for name in ("__tablename__", "__table__", "__table_args__")):
        return True
    for bindings in cls.bindings.values():
        for binding in bindings:
            if not isinstance(binding, ValueBinding):
                continue
            for node in (binding.value, binding.annotation):
                named = node.function if isinstance(node, code.Call) else node
                named = named.value if isinstance(named, code.Subscript) else named
                if isinstance(named, (code.Name, code.Attribute)) and any(
                    isinstance(r, External) and r.name in _MAPPED for r in names.resolve(named, cls)
                ):
                    return True
    return False


# --- two classes ---------------------------------------------------------------------------------------------------

_BUILTIN_TWINS = {
    "typing.Dict": "builtins.dict", "typing.List": "builtins.list", "typing.Set": "builtins.set",
    "typing.FrozenSet": "builtins.frozenset", "typing.Tuple": "builtins.tuple", "typing.Type": "builtins.type",
    "typing.Text": "builtins.str",
}  # fmt: skip
_ITERATING = frozenset({"AsyncGenerator", "AsyncIterator", "Generator", "Iterator", "Coroutine", "Awaitable"})
_ITERATING_METHODS = frozenset({"__iter__", "__next__", "__aiter__", "__anext__", "__await__"})
_STANDARD: dict[str, tuple[str, ...]] = {
    "datetime.datetime": ("datetime.date",),
    "datetime.date": (),
    "datetime.time": (),
    "datetime.timedelta": (),
    "uuid.UUID": (),
    "decimal.Decimal": (),
    "pathlib.Path": ("pathlib.PurePath",),
    "pathlib.PurePath": (),
    "logging.Logger": (),
}
_PROXIES = frozenset({"sqlalchemy.orm.scoped_session", "sqlalchemy.ext.asyncio.async_scoped_session"})
"""What stands for an object of another class, which it does not inherit."""


class Relation:
    """Answers whether an object of one class can be one of another: yes, no, or None where that is not known."""

    def __init__(self, names: Inference) -> None:
        self.names = names
        self.kinds = Kinds(names)

    def can_be(self, wanted: ClassScope | str, given: ClassScope | str) -> bool | None:
        """Return whether what is supplied as `given` can be a `wanted`: by inheritance, in either direction."""
        wanted, given = _twin(wanted), _twin(given)
        if wanted == given:
            return True
        if _iterates(wanted) or _iterates(given):
            return self._iterating(wanted, given)
        first, second = self._all_bases(wanted), self._all_bases(given)
        if given in first or wanted in second:
            return True
        if any(self.kinds.is_protocol(cls) for cls in (wanted, given)):
            return None
        return False if self._is_told_apart(first) and self._is_told_apart(second) else None

    def _all_bases(self, cls: ClassScope | str) -> set[ClassScope | str]:
        found: set[ClassScope | str] = set()
        for base in self.names.ancestry(cls):
            found.add(_twin(base))
            if isinstance(base, str):
                found.update(_STANDARD.get(base, ()))
                if base.endswith(".TypedDict"):
                    found.add("builtins.dict")
                elif base.endswith(".NamedTuple"):
                    found.add("builtins.tuple")
                elif base.startswith("enum.Str"):
                    found.add("builtins.str")
                elif base.startswith("enum.Int"):
                    found.update({"builtins.int", "builtins.float"})
        return found

    def _is_told_apart(self, bases: set[ClassScope | str]) -> bool:
        """Whether all that a class inherits is visible: it is the target's, or one that the catalogue knows."""
        if not all(_is_known(base) for base in bases if isinstance(base, str)):
            return False
        return all(
            len(self.names.bases(base)) >= len(base.node.bases)
            and not any(keyword.name in {"metaclass", None} for keyword in base.node.keywords)
            for base in bases
            if isinstance(base, ClassScope)
        )

    def _iterating(self, wanted: ClassScope | str, given: ClassScope | str) -> bool | None:
        """One of the two is an iterator or awaitable of typing: a class without its methods is none."""
        if _iterates(wanted) and _iterates(given):
            return None
        other = given if _iterates(wanted) else wanted
        bases = self._all_bases(other)
        if isinstance(other, str) and (other.startswith("builtins.") or _is_known(other)):
            return False
        if not self._is_told_apart(bases) or self.kinds.is_protocol(other):
            return None
        methods = {name for base in bases if isinstance(base, ClassScope) for name in base.bindings}
        return None if methods & _ITERATING_METHODS else False


def _twin(cls: ClassScope | str) -> ClassScope | str:
    return _BUILTIN_TWINS.get(cls, cls) if isinstance(cls, str) else cls


def _iterates(cls: ClassScope | str) -> bool:
    return isinstance(cls, str) and catalogue.typing_name(cls) in _ITERATING


def _is_known(name: str) -> bool:
    """Whether the catalogue knows a library's class well enough to tell it from others."""
    if name in _PROXIES:
        return False
    if name.startswith(("builtins.", "enum.")):
        return name not in {"builtins.object", "builtins.type"}
    return name in _STANDARD or name in _TOLD_APART


_TOLD_APART = frozenset(
    {
        *catalogue.RESOURCES,
        *catalogue.SUPERTYPES,
        *(base for bases in catalogue.SUPERTYPES.values() for base in bases),
        *catalogue.APPS,
        *catalogue.ROUTERS,
        *catalogue.CONNECTIONS,
        *_MODEL_BASES,
        *(f"{module}.{name}" for module in ("typing", "typing_extensions") for name in ("Generic", "Protocol")),
        "abc.ABC",
        "starlette.responses.Response",
        "starlette.datastructures.State",
    }
)
