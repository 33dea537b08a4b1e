"""What an expression can stand for, as far as it can be told without running anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from conformance.facts import code
from conformance.program.scopes import Binding, ClassScope, FunctionScope, ModuleScope, Scope


@dataclass(frozen=True, slots=True)
class External:
    """A module, class, function or object of another distribution, by its dotted name."""

    name: str

    @property
    def last(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def top(self) -> str:
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class ModuleValue:
    """A module of the target."""

    module: ModuleScope


@dataclass(frozen=True, slots=True)
class FunctionValue:
    """A function of the target; `owner` is the class of the instance that it is bound to.

    `given` says how many of its positional arguments are given already: by `functools.partial`.
    """

    function: FunctionScope
    owner: ClassScope | None = None
    given: int = 0


@dataclass(frozen=True, slots=True)
class ClassValue:
    """A class of the target."""

    cls: ClassScope


@dataclass(frozen=True, slots=True)
class LambdaValue:
    """A lambda and the scope that it stands in."""

    node: code.Lambda
    scope: Scope


@dataclass(frozen=True, slots=True)
class Creation:
    """The call that makes an object, and the scope that the call stands in."""

    call: code.Call
    scope: Scope


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class: of the target, or of another distribution by its dotted name.

    `creation` is the call that makes it, where that is known; `arguments` are those of a generic annotation.
    """

    type: str | ClassScope
    creation: Creation | None = None
    arguments: tuple[Values, ...] = ()

    @property
    def type_name(self) -> str:
        return self.type if isinstance(self.type, str) else self.type.key


@dataclass(frozen=True, slots=True)
class Display:
    """A literal: constant, list, tuple, set, dict, comprehension, f-string; with the scope of its parts."""

    node: code.Constant | code.Sequence | code.Mapping | code.Comprehension | code.Format
    scope: Scope


@dataclass(frozen=True, slots=True)
class Member:
    """An attribute of an object of another distribution: a bound method, most of the time."""

    instance: Instance
    name: str


@dataclass(frozen=True, slots=True)
class AppState:
    """`app.state`."""


@dataclass(frozen=True, slots=True)
class RequestState:
    """`request.state`, which anybody may write."""


@dataclass(frozen=True, slots=True)
class AsgiScope:
    """`request.scope`."""


@dataclass(frozen=True, slots=True)
class StateEntry:
    """The value that a key of app.state holds; the key is None where it is computed."""

    key: str | None


@dataclass(frozen=True, slots=True)
class Context:
    """The context dict of arq."""


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """The value that a key of arq's context holds; the key is None where it is computed."""

    key: str | None


@dataclass(frozen=True, slots=True)
class Overrides:
    """`app.dependency_overrides`."""


Value: TypeAlias = (
    External
    | ModuleValue
    | FunctionValue
    | ClassValue
    | LambdaValue
    | Instance
    | Display
    | Member
    | AppState
    | RequestState
    | AsgiScope
    | StateEntry
    | Context
    | ContextEntry
    | Overrides
)
Values: TypeAlias = tuple[Value, ...]


APP = Instance("fastapi.FastAPI")
"""An application of which nothing more is known."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name where it is defined: all import hops are behind it."""

    scope: Scope
    name: str
    binding: Binding

    @property
    def module(self) -> ModuleScope:
        return self.scope.module

    @property
    def key(self) -> str:
        """The qualified name of the definition."""
        return f"{self.scope.key}.{self.name}"


Resolved: TypeAlias = Symbol | External | ModuleValue


@dataclass(frozen=True, slots=True)
class TypeReference:
    """A class in an annotation, with its type arguments."""

    type: str | ClassScope
    arguments: tuple[Annotation, ...] = ()

    @property
    def name(self) -> str:
        return self.type if isinstance(self.type, str) else self.type.key


@dataclass(frozen=True, slots=True)
class Located:
    """An expression and the scope in which its names are to be looked up."""

    node: code.Expression
    scope: Scope


@dataclass(frozen=True, slots=True)
class Annotation:
    """What an annotation says.

    Attributes:
        types: the members of the union, None taken away.
        nullable: whether None is one of them.
        opaque: whether one of them can be anything: Any, object, a type variable, an unknown name.
        metadata: what stands behind the type in `Annotated[…]`, aliases followed.
        aliases: the module-level names that were followed, the outermost first.
    """

    types: tuple[TypeReference, ...] = ()
    nullable: bool = False
    opaque: bool = False
    metadata: tuple[Located, ...] = ()
    aliases: tuple[Symbol, ...] = ()

    def size(self) -> int:
        """Return how many classes it names, those in type arguments included."""
        return sum(1 + sum(argument.size() for argument in each.arguments) for each in self.types)
