"""What each of arq's settings puts into its context at start-up, and which functions are given that context."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from conformance.facts import code
from conformance.program.inference import Inference
from conformance.program.origins import Origins
from conformance.program.queue import Queue, WorkerSettings
from conformance.program.scopes import ClassScope, FunctionScope, enclosing
from conformance.program.stores import Access, Stores
from conformance.program.values import (
    ClassValue,
    Context,
    Display,
    External,
    FunctionValue,
    Instance,
    LambdaValue,
    Located,
    Member,
    Values,
)

_STARTING = ("on_startup", "on_job_start")
_HARMLESS_TOPS = frozenset({"builtins", "logging", "structlog", "loguru", "json", "copy", "pprint", "asyncio"})


@dataclass(frozen=True, slots=True, eq=False)
class WorkerContext:
    """The context of one of arq's settings.

    Attributes:
        functions: its tasks and hooks, and what they call.
        stored: what start-up stores, by key; the value is None where it does not stand as an expression.
        kept: the keys that anything else that works for these settings writes.
        is_open: start-up may store more than is known: under a computed key, or in a function that is not the target's.
    """

    settings: WorkerSettings
    functions: frozenset[FunctionScope]
    stored: dict[str, tuple[Located | None, ...]]
    kept: frozenset[str]
    is_open: bool


class WorkerContexts:
    """The contexts of all settings outside tests."""

    def __init__(
        self,
        names: Inference,
        queue: Queue,
        stores: Stores,
        origins: Origins,
        reached: Callable[[Iterable[FunctionScope]], set[FunctionScope]],
    ) -> None:
        self.names = names
        self.queue = queue
        self.origins = origins
        self.reached = reached
        self._accesses: dict[FunctionScope, list[Access]] = defaultdict(list)
        for access in stores.of("context"):
            if access.function is not None and not access.module.is_test:
                self._accesses[access.function].append(access)
        self.all: tuple[WorkerContext, ...] = tuple(
            self._context(settings) for settings in queue.settings if not settings.module.is_test
        )

    def of(self, access: Access) -> tuple[WorkerContext, ...]:
        """Return the contexts that an access can be one of; all of them where that is not known."""
        functions = set(enclosing(access.function))
        for function in tuple(functions):
            functions.update(self.queue.wrappers.get(function, ()))
        found = tuple(context for context in self.all if functions & context.functions)
        return found or self.all

    def keys_of(self, access: Access) -> frozenset[str]:
        """Return the keys that an access is one of: in a loop over literal ones, all of them; empty where not known."""
        if access.key is not None:
            return frozenset({access.key})
        for node in code.walk_scope(access.node):
            match node:
                case (
                    code.Subscript(value=base, key=key)
                    | code.Call(function=code.Attribute(value=base), arguments=(key, *_))
                ) if Context() in self.names.infer(base, access.scope):
                    return self.origins.keys(key, access.scope)
        return frozenset()

    def _context(self, settings: WorkerSettings) -> WorkerContext:
        starting = self.reached(f for hook in _STARTING for f in settings.hooks.get(hook, ()))
        roots = {f for functions in settings.hooks.values() for f in functions}
        roots |= {r.function for r in settings.registrations if r.function is not None}
        functions = self.reached(roots)
        stored: dict[str, tuple[Located | None, ...]] = defaultdict(tuple)
        is_open = self._starts_elsewhere(settings)
        for access in self._within(starting):
            if access.kind == "write":
                keys = self.keys_of(access)
                is_open = is_open or not keys
                for key in keys:
                    stored[key] = (*stored[key], access.value)
            elif access.kind == "passed" and isinstance(access.node, code.Call):
                is_open = is_open or self._may_write(access.node, access)
        for located in settings.fields.get("ctx", ()):
            given = self._given(located)
            is_open = is_open or given is None
            for key, value in (given or {}).items():
                stored[key] = (*stored[key], value)
        kept = frozenset(a.key for a in self._within(functions) if a.kind == "write" and a.key is not None)
        return WorkerContext(settings, frozenset(functions), dict(stored), kept, is_open)

    def _within(self, functions: set[FunctionScope]) -> Iterator[Access]:
        """Yield the accesses in functions and in those that are nested in them."""
        for function, accesses in self._accesses.items():
            if any(f in functions for f in enclosing(function)):
                yield from accesses

    def _starts_elsewhere(self, settings: WorkerSettings) -> bool:
        """Whether a hook is given that is not the target's, or a base class or a dict may bring one."""
        if settings.is_open:
            return True
        for hook in _STARTING:
            for located in settings.fields.get(hook, ()):
                is_none = isinstance(located.node, code.Constant) and located.node.value is None
                if not is_none and hook not in settings.hooks:
                    return True
        if isinstance(settings.node, code.Class):
            for cls in settings.module.classes:
                if cls.node is settings.node:
                    return any(
                        isinstance(base, str) and base.partition(".")[0] not in {"builtins", "typing", "arq", "abc"}
                        for base in self.names.ancestry(cls)
                    )
        return False

    def _may_write(self, call: code.Call, access: Access) -> bool:
        values = self.names.infer(call.function, access.scope)
        return not values or not all(map(self._is_followed, values))

    @staticmethod
    def _is_followed(value: object) -> bool:
        match value:
            case FunctionValue() | ClassValue() | LambdaValue() | Instance(type=ClassScope()):
                return True
            case External(top=top):
                return top in _HARMLESS_TOPS
            case Member(instance=Instance(type=str(name))):
                return name.partition(".")[0] in _HARMLESS_TOPS
        return False

    def _given(self, located: Located) -> dict[str, Located] | None:
        """Return the keys of the dict that the settings give arq to start with; None where they are not known."""
        values: Values = self.names.infer(located.node, located.scope)
        found: dict[str, Located] = {}
        for value in values:
            match value:
                case Display(node=code.Mapping(keys=keys, values=items), scope=scope):
                    for key, item in zip(keys, items, strict=True):
                        text = None if key is None else self.names.text(key, scope)
                        if text is None:
                            return None
                        found[text] = Located(item, scope)
                case Display(node=code.Constant(value=None)):
                    continue
                case _:
                    return None
        return found if values else None
