"""arq: worker settings, the tasks, cron jobs and hooks that they register, and the calls that enqueue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Literal

from conformance.facts import code
from conformance.program import catalogue
from conformance.program.inference import PASSING_ON, Inference
from conformance.program.scopes import (
    ClassScope,
    FunctionScope,
    ModuleScope,
    ParameterBinding,
    Scope,
    ValueBinding,
    enclosing,
    scopes_of,
)
from conformance.program.values import (
    ClassValue,
    Creation,
    Display,
    External,
    FunctionValue,
    Instance,
    LambdaValue,
    Located,
    ModuleValue,
    Symbol,
    Value,
    Values,
)
from conformance.results import Place

HOOKS = ("on_startup", "on_shutdown", "on_job_start", "on_job_end", "after_job_end")
REGISTERING = ("functions", "cron_jobs")
ARQ_KEYS = frozenset({"redis", "job_id", "job_try", "enqueue_time", "score"})
"""What arq itself puts into its context."""


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """One entry of `functions` or `cron_jobs`.

    Attributes:
        function: the task; None where it is not the target's, or does not exist.
        name: the name under which it can be enqueued; None where it is not known.
        missing: the entry names something that the target does not define.
        given: how many arguments `functools.partial` gives to the task before the context.
        node: the entry; `scope` is where it stands.
    """

    function: FunctionScope | None
    name: str | None
    kind: Literal["task", "cron"]
    missing: bool
    node: code.Expression
    scope: Scope
    given: int = 0

    @property
    def place(self) -> Place:
        return self.scope.module.place(self.node)


@dataclass(frozen=True, slots=True, eq=False)
class Enqueue:
    """A call that puts a job into the queue: `enqueue_job("name")`, or `enqueue` of safir's `ArqQueue`.

    Attributes:
        names: the names that the job can have; empty where they are not known.
    """

    names: tuple[str, ...]
    call: code.Call
    scope: Scope

    @property
    def module(self) -> ModuleScope:
        return self.scope.module

    @property
    def place(self) -> Place:
        return self.module.place(self.call)


@dataclass(eq=False, slots=True)
class WorkerSettings:
    """arq's settings: a class, a dict, an object, or the keywords of `Worker(…)` and `run_worker(…)`.

    Attributes:
        node: the class, the dict or the call; `scope` is where it stands.
        fields: the expressions given for each setting, each with its scope.
        is_open: more may be given than is known: by a `**` of what is not known.
        complete: False where an entry of the lists is not known, so that nothing can be said to be unregistered.
    """

    name: str
    node: code.Node
    scope: Scope
    fields: dict[str, list[Located]]
    is_open: bool = False
    hook_methods: dict[str, FunctionScope] = field(default_factory=dict)
    registrations: list[Registration] = field(default_factory=list)
    hooks: dict[str, list[FunctionScope]] = field(default_factory=dict)
    complete: bool = True

    def __post_init__(self) -> None:
        self.complete = not self.is_open

    @property
    def module(self) -> ModuleScope:
        return self.scope.module

    @property
    def place(self) -> Place:
        return self.module.place(self.node)


_RUNNING = frozenset({"arq.worker.run_worker", "arq.worker.create_worker", "arq.worker.get_kwargs"})


class Queue:
    """All that the target says to arq, computed once. Tells `names` which functions are given arq's context."""

    def __init__(self, names: Inference) -> None:
        self.names = names
        self.settings: list[WorkerSettings] = []
        self._opened_dicts: set[int] = set()
        """By identity, the literal dicts that are a part of other settings, of a call's keywords."""
        self.wrappers: dict[FunctionScope, list[FunctionScope]] = {}
        """What decorators and calls put around tasks and hooks: each with the functions that it wraps."""
        for module in names.modules:
            self.settings += filter(None, map(self._of_class, module.classes))
        for module in names.modules:
            self._find_settings(module)
        self.settings = [s for s in self.settings if id(s.node) not in self._opened_dicts]
        self._find_assigned()
        for settings in self.settings:
            self._read(settings)
        self.tasks: dict[FunctionScope, list[Registration]] = {}
        self.hooks: dict[FunctionScope, list[str]] = {}
        for settings in self.settings:
            for registration in settings.registrations:
                if registration.function is not None:
                    self.tasks.setdefault(registration.function, []).append(registration)
                    names.context_functions[registration.function] = registration.kind
                    if registration.given:
                        names.given_before_context[registration.function] = registration.given
            for hook, functions in settings.hooks.items():
                for function in functions:
                    self.hooks.setdefault(function, []).append(hook)
                    names.context_functions[function] = hook
        for function in (*self.tasks, *self.hooks):
            for wrapper in self._wrappers(function):
                self.wrappers.setdefault(wrapper, []).append(function)
        for wrapper, wrapped in self.wrappers.items():
            names.context_functions.setdefault(wrapper, names.context_functions[wrapped[0]])
        names.forget()
        shielded = [f for wrapper, wrapped in self.wrappers.items() for f in wrapped if self._keeps(wrapper, f)]
        for function in shielded:
            names.context_functions.pop(function, None)
        names.forget()

    def _keeps(self, wrapper: FunctionScope, function: FunctionScope) -> bool:
        """Whether a wrapper keeps the context to itself: it calls the function, and does not hand it over."""
        context = wrapper.parameters[self.names.context_position(wrapper) :][:1]
        if not context or context[0].kind == "arguments":
            return False
        given = [
            [*call.arguments, *(k.value for k in call.keywords)]
            for call in wrapper.nodes.of(code.Call)
            if self._calls_wrapped(call.function, wrapper, function)
        ]
        handed = (a for arguments in given for a in arguments if isinstance(a, code.Name))
        return bool(given) and context[0].name not in {a.id for a in handed}

    def _calls_wrapped(self, callee: code.Expression, wrapper: FunctionScope, function: FunctionScope) -> bool:
        """Whether what a wrapper calls is the function, or unknown and what a decorator around it was given."""
        values = self.names.infer(callee, wrapper)
        if values or not isinstance(callee, code.Name):
            return any(isinstance(v, FunctionValue) and v.function is function for v in values)
        found = self.names.resolve(callee, wrapper)
        return any(
            isinstance(r, Symbol) and isinstance(r.binding, ParameterBinding) and r.scope is not wrapper for r in found
        )

    @cached_property
    def enqueues(self) -> tuple[Enqueue, ...]:
        """The calls that enqueue a job, in the order of modules and scopes."""
        return tuple(
            enqueue
            for module in self.names.modules
            for scope in scopes_of(module)
            for node in chain(scope.nodes.of(code.Call), scope.deferred.of(code.Call))
            for enqueue in self._enqueue(node, scope)
        )

    def _enqueue(self, node: code.Call, scope: Scope) -> Iterator[Enqueue]:
        function, where = node.function, scope
        if isinstance(function, code.Name):
            for binding in scope.bindings.get(function.id, ()):
                if isinstance(binding, ValueBinding) and isinstance(binding.value, code.Attribute):
                    function, where = binding.value, binding.within or scope
        match function:
            case code.Attribute(value=base, name="enqueue_job"):
                types = [v.type for v in self.names.expand(self.names.infer(base, where)) if isinstance(v, Instance)]
                if types and not any(self.names.is_a(t, *_QUEUES) for t in types):
                    return
                keyword = "function"
            case code.Attribute(value=base, name="enqueue"):
                if not self.names.is_instance(self.names.expand(self.names.infer(base, where)), *_SAFIR_QUEUES):
                    return
                keyword = "task_name"
            case _:
                return
        given = [*node.arguments[:1], *(k.value for k in node.keywords if k.name == keyword)]
        through = list(self._handed_on(given[0], scope)) if given else []
        if all(enqueue.module.is_test for enqueue in through):
            yield Enqueue(self._texts(given[0], scope) if given else (), node, scope)
        yield from through

    def _handed_on(
        self, node: code.Expression, scope: Scope, within: frozenset[FunctionScope] = frozenset()
    ) -> Iterator[Enqueue]:
        """Yield the calls that hand the name of a job to a function of the target which enqueues it."""
        for resolved in self.names.resolve(node, scope):
            match resolved:
                case Symbol(scope=FunctionScope() as function, binding=ParameterBinding(node=parameter)) if (
                    function not in within
                ):
                    for call, where, skip in self.names.calls_of(function):
                        argument = self.names.bind(function, call, where, skip).get(parameter.name)
                        if argument is not None and function not in enclosing(where):
                            further = list(self._handed_on(argument, where, within | {function}))
                            yield from further or (Enqueue(self._texts(argument, where), call, where),)

    def _texts(self, node: code.Expression, scope: Scope) -> tuple[str, ...]:
        """Return the strings that an expression can be; none where it can be something else."""
        text = self.names.text(node, scope)
        if text is not None:
            return (text,)
        values = self.names.infer(node, scope)
        texts = [v.node.value for v in values if isinstance(v, Display) and isinstance(v.node, code.Constant)]
        known = [text for text in texts if isinstance(text, str)]
        return tuple(known) if len(known) == len(values) and not self._is_given(node, scope) else ()

    def _is_given(self, node: code.Expression, scope: Scope) -> bool:
        """Whether an expression is a parameter: then it can be anything."""
        return any(
            isinstance(r, Symbol) and isinstance(r.binding, ParameterBinding) for r in self.names.resolve(node, scope)
        )

    # --- finding settings ------------------------------------------------------------------------------------------

    def _find_settings(self, module: ModuleScope) -> None:
        for scope in scopes_of(module):
            for node in scope.nodes.of(code.Mapping, code.Call):
                match node:
                    case code.Mapping():
                        given = _literal_fields(node, scope)
                        if None in node.keys and not given.keys().isdisjoint(_FIELDS):
                            given, is_open = self._given_fields(node, scope, own=True)
                            self._consider(node, scope, given, is_open=is_open)
                        else:
                            self._consider(node, scope, given)
                    case code.Call(keywords=keywords):
                        self._of_call(node, scope, {k.name: [Located(k.value, scope)] for k in keywords if k.name})

    def _find_assigned(self) -> None:
        """`Settings.functions = […]` outside the class: what is assigned counts beside what the class body gives."""
        by_class = {id(s.node): s for s in self.settings if isinstance(s.node, code.Class)}
        if not by_class:
            return
        for module in self.names.modules:
            for scope in scopes_of(module):
                for node in scope.nodes.of(code.Assign, code.Call):
                    for base, name, value in _assigned_fields(node):
                        for found in self.names.infer(base, scope):
                            settings = by_class.get(id(_class_node(found)))
                            if settings is not None:
                                settings.fields.setdefault(name, []).append(Located(value, scope))

    def _consider(
        self, node: code.Node, scope: Scope, fields: dict[str, list[Located]], *, is_open: bool = False
    ) -> None:
        if _are_settings(fields):
            self.settings.append(WorkerSettings("settings", node, scope, fields, is_open=is_open))

    def _given_fields(
        self, node: code.Expression, scope: Scope, *, own: bool = False
    ) -> tuple[dict[str, list[Located]], bool]:
        """Return the settings that a dict holds, and whether it may hold more than is known.

        The literals in it are a part of it, and no settings on their own; nor is it itself where it is not its `own`.
        """
        fields: dict[str, list[Located]] = {}
        is_open = False
        seen: set[int] = set()
        pending = [Located(node, scope)]
        while pending:
            located = pending.pop()
            if id(located.node) in seen:
                continue
            seen.add(id(located.node))
            values = self.names.infer(located.node, located.scope)
            is_open = is_open or not values
            for name, put in _put_into(located):
                fields.setdefault(name, []).append(put)
            for value in values:
                match value:
                    case Display(node=code.Mapping() as mapping, scope=inner):
                        if not (scope.module.is_test or (own and mapping is node)):
                            self._opened_dicts.add(id(mapping))
                        given = _literal_fields(mapping, inner)
                        opened = [v for k, v in zip(mapping.keys, mapping.values, strict=True) if k is None]
                    case Instance(type="builtins.dict", creation=Creation(call=call, scope=inner)):
                        given = {k.name: [Located(k.value, inner)] for k in call.keywords if k.name}
                        opened = [*call.arguments, *(k.value for k in call.keywords if not k.name)]
                    case _:
                        is_open = True
                        continue
                for name, several in given.items():
                    fields.setdefault(name, []).extend(several)
                pending += [Located(each, inner) for each in opened]
        return fields, is_open

    def _of_class(self, cls: ClassScope) -> WorkerSettings | None:
        fields: dict[str, list[Located]] = {}
        methods: dict[str, FunctionScope] = {}
        own: set[str] = set()
        for base in self.names.ancestry(cls):
            if not isinstance(base, ClassScope):
                continue
            for name, bindings in base.bindings.items():
                if name in fields or name in methods:
                    continue
                for binding in bindings:
                    match binding:
                        case ValueBinding(value=value) if value is not None and name in _FIELDS:
                            fields.setdefault(name, []).append(Located(value, base))
                        case FunctionScope() if name in HOOKS:
                            methods[name] = binding
                            fields.setdefault(name, [])
                if base is cls and name in fields:
                    own.add(name)
        given = {*fields, *methods}
        by_name = cls.name == "WorkerSettings" and (
            any(key in given for key in REGISTERING) or ("redis_settings" in given and not given.isdisjoint(HOOKS))
        )
        if not (_are_settings(fields) or by_name) or not own:
            return None
        if self._is_model(cls):
            return None
        return WorkerSettings(cls.name, cls.node, cls.parent, fields, hook_methods=methods)

    def _is_model(self, cls: ClassScope) -> bool:
        return any(self.names.is_a(cls, name) for name in _NO_SETTINGS)

    def _of_call(self, node: code.Call, scope: Scope, fields: dict[str, list[Located]]) -> None:
        if code.last_name(node.function) not in self._making and "redis_settings" not in fields:
            return
        names = {r.name for r in self.names.resolve(node.function, scope) if isinstance(r, External)}
        is_open = False
        for keyword in node.keywords if names & {*_RUNNING, catalogue.WORKER} else ():
            if not keyword.name:
                given, more = self._given_fields(keyword.value, scope)
                fields = {**given, **fields}
                is_open = is_open or (more and any(key in fields for key in REGISTERING))
        if names & _RUNNING:
            for argument in node.arguments[:1]:
                for value in self.names.infer(argument, scope):
                    match value:
                        case ClassValue(cls=cls) | Instance(type=ClassScope() as cls) if not self._is_model(cls):
                            self._add_given_class(cls, fields)
                            return
            if not any(key in fields for key in REGISTERING):
                return
            self.settings.append(WorkerSettings("run_worker", node, scope, fields, is_open=is_open))
        elif catalogue.WORKER in names:
            if node.arguments:
                fields.setdefault("functions", [Located(node.arguments[0], scope)])
            self.settings.append(WorkerSettings("Worker", node, scope, fields, is_open=is_open))
        elif _are_settings(fields) and "redis_settings" in fields:
            self.settings.append(WorkerSettings(code.dotted(node.function) or "settings", node, scope, fields))

    @cached_property
    def _making(self) -> frozenset[str]:
        """The names under which arq's functions are called that take settings."""
        return self.names.spellings(name.rpartition(".")[2] for name in (*_RUNNING, catalogue.WORKER))

    def _add_given_class(self, cls: ClassScope, beside: dict[str, list[Located]]) -> None:
        """A class that is handed to `run_worker` holds arq's settings, and so do the keywords beside it."""
        settings = next((s for s in self.settings if s.node is cls.node), None)
        if settings is None:
            fields = {
                name: [Located(b.value, cls) for b in bindings if isinstance(b, ValueBinding) and b.value is not None]
                for name, bindings in cls.bindings.items()
                if name in _FIELDS
            }
            for name in _FIELDS:
                for method, given_in_it in self.names.assigned_attributes(cls, name):
                    fields.setdefault(name, []).append(Located(given_in_it, method))
            settings = WorkerSettings(cls.name, cls.node, cls.parent, fields)
            self.settings.append(settings)
        for name, given in beside.items():
            if name in _FIELDS:
                settings.fields.setdefault(name, []).extend(given)

    # --- reading them ----------------------------------------------------------------------------------------------

    def _read(self, settings: WorkerSettings) -> None:
        for hook in HOOKS:
            functions = [settings.hook_methods[hook]] if hook in settings.hook_methods else []
            for located in settings.fields.get(hook, ()):
                for value in self.names.infer(located.node, located.scope):
                    functions += self._called_by(value)
                    match value:
                        case LambdaValue(node=given, scope=where):
                            self.names.context_lambdas[given] = where
            if functions:
                settings.hooks[hook] = functions
        for name, kind in (("functions", "task"), ("cron_jobs", "cron")):
            for located in settings.fields.get(name, ()):
                entries = [*self._entries(located.node, located.scope, settings)]
                entries += self._added_to_field(settings, name)
                for node, scope in {id(entry): (entry, scope) for entry, scope in entries}.values():
                    settings.registrations += self._registration(node, scope, kind, settings)

    def _added_to_field(self, settings: WorkerSettings, name: str) -> Iterator[tuple[code.Expression, Scope]]:
        """Yield what is appended to a list of the settings from outside: `WorkerSettings.functions.append(f)`."""
        for base, entries, scope in self._additions.get(name, ()):
            if isinstance(base, code.Attribute) and self._is_field_of(settings, base.value, scope):
                yield from self._opened(entries, scope, settings)

    def _is_field_of(self, settings: WorkerSettings, base: code.Expression, scope: Scope) -> bool:
        return isinstance(settings.node, code.Class) and any(
            _class_node(value) is settings.node for value in self.names.infer(base, scope)
        )

    def _entries(
        self, node: code.Expression, scope: Scope, settings: WorkerSettings, within: frozenset[int] = frozenset()
    ) -> Iterator[tuple[code.Expression, Scope]]:
        """Yield the entries of a list of tasks, wherever it is built; not those of lists `within` which this stands."""
        if id(node) in within:
            return
        within |= {id(node)}
        match node:
            case code.BinaryOperation(left=left, operator="+" | "|", right=right):
                yield from self._entries(left, scope, settings, within)
                yield from self._entries(right, scope, settings, within)
                return
            case code.Call(function=function, arguments=(first,)) if any(
                isinstance(r, External) and r.name in PASSING_ON for r in self.names.resolve(function, scope)
            ):
                yield from self._entries(first, scope, settings, within)
                return
            case code.Call(function=code.Attribute(value=base, name="values"), arguments=()):
                yield from self._entries(base, scope, settings, within)
                return
        values = self.names.infer(node, scope)
        if not values:
            settings.complete = False
        values = tuple(v for v in values if not isinstance(v, Display) or v.node is node or id(v.node) not in within)
        within |= {id(v.node) for v in values if isinstance(v, Display)}
        added = {
            id(entry): (entry, inner)
            for entries, where in (*self._appended(node, scope), *self._filled(values))
            for entry, inner in self._opened(entries, where, settings, within)
        }
        for value in values:
            match value:
                case Display(node=code.Sequence(elements=()) as empty) if empty is not node and not added:
                    settings.complete = False  # something fills it
                case Display(node=code.Sequence(elements=elements), scope=inner):
                    yield from self._opened(elements, inner, settings, within)
                case Display(node=code.Comprehension(element=element, generators=generators), scope=inner):
                    settings.complete = settings.complete and not any(g.conditions for g in generators)
                    yield element, inner
                case Display(node=code.Mapping(values=elements), scope=inner):
                    for element in elements:
                        yield element, inner
                case _:
                    settings.complete = False
        yield from added.values()

    def _opened(
        self,
        entries: Iterable[code.Expression],
        scope: Scope,
        settings: WorkerSettings,
        within: frozenset[int] = frozenset(),
    ) -> Iterator[tuple[code.Expression, Scope]]:
        """Yield the entries of a display, and those of what `*` opens in it."""
        for entry in entries:
            if isinstance(entry, code.Starred):
                yield from self._entries(entry.value, scope, settings, within)
            else:
                yield entry, scope

    def _appended(self, node: code.Expression, scope: Scope) -> Iterator[tuple[tuple[code.Expression, ...], Scope]]:
        """Yield what the target appends to a list that has this name at module or class level."""
        for symbol in self.names.resolve(node, scope):
            if isinstance(symbol, Symbol):
                for base, entries, where in self._additions.get(symbol.name, ()):
                    if self._is_symbol(base, symbol, where):
                        yield entries, where

    def _filled(self, values: Iterable[Value]) -> Iterator[tuple[tuple[code.Expression, ...], Scope]]:
        """Yield what the target appends to lists, under whatever names: `self.functions = []`."""
        for value in values:
            if isinstance(value, Display):
                for name in _names_of_display(value):
                    for base, entries, where in self._additions.get(name, ()):
                        if any(isinstance(v, Display) and v.node is value.node for v in self.names.infer(base, where)):
                            yield entries, where

    @cached_property
    def _additions(self) -> dict[str, list[tuple[code.Expression, tuple[code.Expression, ...], Scope]]]:
        """What is added to lists and dicts anywhere: `append`, `extend`, `+=`, `[key] =`, by their last name."""
        found: dict[str, list[tuple[code.Expression, tuple[code.Expression, ...], Scope]]] = defaultdict(list)
        for module in self.names.modules:
            for scope in scopes_of(module):
                for node in scope.nodes.of(code.Call, code.Assign):
                    match node:
                        case code.Call(function=code.Attribute(value=base, name="append"), arguments=(entry,)):
                            found[code.dotted(base).rpartition(".")[2]].append((base, (entry,), scope))
                        case code.Assign(targets=(code.Subscript(value=base),), value=entry, operator="") if (
                            entry is not None
                        ):
                            found[code.dotted(base).rpartition(".")[2]].append((base, (entry,), scope))
                        case (
                            code.Call(function=code.Attribute(value=base, name="extend"), arguments=(more,))
                            | code.Assign(targets=(base,), value=more, operator="+=")
                        ) if isinstance(more, (code.Sequence, code.Name, code.Attribute)):
                            opened = (code.Starred(more.span, more),)
                            found[code.dotted(base).rpartition(".")[2]].append((base, opened, scope))
        return found

    def _is_symbol(self, node: code.Expression, symbol: Symbol, scope: Scope) -> bool:
        if not isinstance(node, (code.Name, code.Attribute)) or code.dotted(node).rpartition(".")[2] != symbol.name:
            return False
        return any(
            isinstance(r, Symbol) and r.scope is symbol.scope and r.name == symbol.name
            for r in self.names.resolve(node, scope)
        )

    def _registration(
        self, node: code.Expression, scope: Scope, kind: str, settings: WorkerSettings
    ) -> Iterator[Registration]:
        sort: Literal["task", "cron"] = "cron" if kind == "cron" else "task"
        node = _uncast(node, self.names)
        found = False
        for value in self._told(node, scope):
            match value:
                case FunctionValue(function=function, given=given):
                    task = self._wrapped(node, scope) or function
                    yield Registration(task, task.qualified, sort, False, node, scope, given)
                    found = True
                case Instance(type="arq.worker.Function" | "arq.cron.CronJob" as made, creation=creation) if creation:
                    yield from self._described(
                        creation.call, creation.scope, sort, made == "arq.cron.CronJob", node, scope, settings
                    )
                    found = True
                case Instance(type=ClassScope() as cls):
                    for method in self.names.methods(cls, "__call__"):
                        yield Registration(method, None, sort, False, node, scope)
                        found = True
                case Display(node=code.Constant(value=str(dotted))):
                    named, missing = self._by_path(dotted, scope)
                    yield Registration(named, dotted, sort, missing, node, scope)
                    found = True
                case External(name=name):
                    yield Registration(None, name.rpartition(".")[2], sort, False, node, scope)
                    found = True
        if not found:
            missing = self._is_missing(node, scope)
            if not missing:
                settings.complete = False
            yield Registration(None, code.dotted(node).rpartition(".")[2] or None, sort, missing, node, scope)

    def _described(
        self,
        call: code.Call,
        inner: Scope,
        kind: Literal["task", "cron"],
        cron: bool,
        node: code.Expression,
        scope: Scope,
        settings: WorkerSettings,
    ) -> Iterator[Registration]:
        """Read `func(coroutine, name=…)` and `cron(coroutine, name=…)`."""
        given = [*call.arguments[:1], *(k.value for k in call.keywords if k.name == "coroutine")]
        name: str | None = None
        named = False
        for keyword in call.keywords:
            if keyword.name == "name" and not (
                isinstance(keyword.value, code.Constant) and keyword.value.value is None
            ):
                name, named = self.names.text(keyword.value, inner), True
        for coroutine in (_uncast(each, self.names) for each in given[:1]):
            found = False
            for value in self._told(coroutine, inner):
                match value:
                    case FunctionValue(function=function, given=before):
                        task = self._wrapped(coroutine, inner) or function
                        own = f"cron:{task.qualified}" if cron else task.qualified
                        yield Registration(task, name if named else own, kind, False, node, scope, before)
                        found = True
                    case Instance(type=ClassScope() as cls):
                        for method in self.names.methods(cls, "__call__"):
                            yield Registration(method, name if named else None, kind, False, node, scope)
                            found = True
                    case Display(node=code.Constant(value=str(dotted))):
                        named_function, missing = self._by_path(dotted, inner)
                        own = dotted
                        if cron and named_function is not None:
                            own = f"cron:{named_function.qualified}"
                        yield Registration(named_function, name if named else own, kind, missing, node, scope)
                        found = True
            if not found:
                missing = self._is_missing(coroutine, inner)
                settings.complete = settings.complete and missing
                last = code.dotted(coroutine).rpartition(".")[2]
                own = f"cron:{last}" if cron and last else last
                yield Registration(None, name if named else (own or None), kind, missing, node, scope)

    def _told(self, node: code.Expression, scope: Scope) -> Values:
        """Return what stands for a task; of a text that is put together, the whole text."""
        values = self.names.infer(node, scope)
        if any(isinstance(v, Display) for v in values) and (text := self.names.text(node, scope)) is not None:
            return (Display(code.Constant(node.span, text), scope),)
        return values

    def _by_path(self, dotted: str, scope: Scope) -> tuple[FunctionScope | None, bool]:
        """Return the function that a dotted string names, and whether the target lacks it."""
        head, _, last = dotted.rpartition(".")
        module = self.names.module(head, scope.module) if head else None
        if module is None:
            return None, not head or self.names.is_top(head.partition(".")[0])
        for resolved in self.names.member(module, last):
            if isinstance(resolved, Symbol) and isinstance(resolved.binding, FunctionScope):
                return resolved.binding, False
        return None, not self.names.member(module, last)

    def _is_missing(self, node: code.Expression, scope: Scope) -> bool:
        """Whether a name leads into the target and ends at nothing."""
        match node:
            case code.Attribute(value=value, name=name):
                bases = self.names.infer(value, scope)
                return bool(bases) and all(
                    isinstance(b, ModuleValue)
                    and not self.names.member(b.module, name)
                    and "__getattr__" not in b.module.bindings
                    for b in bases
                )
            case code.Name(id=name):
                resolved = self.names.lookup(name, scope)
                return not resolved and self._imports_from_target(name, scope)
        return False

    def _imports_from_target(self, name: str, scope: Scope) -> bool:
        current: Scope | None = scope
        while current is not None:
            for binding in current.bindings.get(name, ()):
                module = getattr(binding, "module", None)
                if isinstance(module, str):
                    return self.names.module(module, scope.module) is not None
            current = current.parent
        return not scope.module.stars

    def _wrapped(self, node: code.Expression, scope: Scope) -> FunctionScope | None:
        """Of `wrap(task)`: the task. The wrapper that the call returns is given the context, too."""
        call, scope = self._call_behind(node, scope)
        if call is None:
            return None
        for argument in call.arguments:
            for value in self.names.infer(argument, scope):
                if isinstance(value, FunctionValue):
                    for wrapper in self.names.infer(call, scope):
                        if isinstance(wrapper, FunctionValue) and wrapper.function is not value.function:
                            self.wrappers.setdefault(wrapper.function, []).append(value.function)
                    return value.function
        return None

    def _call_behind(self, node: code.Expression, scope: Scope) -> tuple[code.Call | None, Scope]:
        """Return the call whose result a name is bound to, `cast` taken away."""
        for _ in range(5):
            node = _uncast(node, self.names)
            match node:
                case code.Call():
                    return node, scope
                case code.Name() | code.Attribute():
                    bound = [
                        Located(s.binding.value, s.scope)
                        for s in self.names.resolve(node, scope)
                        if isinstance(s, Symbol)
                        and isinstance(s.binding, ValueBinding)
                        and s.binding.value is not None
                        and not s.binding.path
                    ]
                    if len(bound) != 1:
                        return None, scope
                    node, scope = bound[0].node, bound[0].scope
                case _:
                    return None, scope
        return None, scope

    def _wrappers(self, function: FunctionScope) -> Iterator[FunctionScope]:
        """Yield the functions that the decorators of a task put around it."""
        for decorator in function.node.decorators:
            pending: list[Value] = list(self.names.infer(decorator, function.parent))
            yield from self._called_in_place(pending)
            for _ in range(3):
                inner: list[Value] = []
                for value in pending:
                    for wrapping in self._called_by(value):
                        for made in self.names.returned(wrapping):
                            if isinstance(made, FunctionValue) and isinstance(made.function.parent, FunctionScope):
                                inner.append(made)
                                if _takes_context(made.function):
                                    yield made.function
                pending = inner

    def _called_by(self, value: Value) -> Iterator[FunctionScope]:
        """Yield what a call of a value runs: a function, the `__call__` of an object."""
        match value:
            case FunctionValue(function=function):
                yield function
            case Instance(type=ClassScope() as cls):
                yield from self.names.methods(cls, "__call__")

    def _called_in_place(self, decorators: Iterable[Value]) -> Iterator[FunctionScope]:
        """Yield the `__call__` of a class that decorates: it is called where the task would be."""
        for value in decorators:
            if isinstance(value, ClassValue):
                yield from self._called_by(Instance(value.cls))


_FIELDS = frozenset({*HOOKS, *REGISTERING, "redis_settings", "queue_name", "redis_pool", "ctx"})
_SAFIR_QUEUES = ("safir.arq.ArqQueue", "safir.arq.RedisArqQueue", "safir.arq.MockArqQueue")
_QUEUES = ("arq.connections.ArqRedis", *_SAFIR_QUEUES)
_NO_SETTINGS = ("pydantic_settings.BaseSettings", "pydantic.BaseModel")


def _names_of_display(display: Display) -> set[str]:
    """Return the names and attributes that a literal is bound to where it stands."""
    return {
        code.last_name(target)
        for node in display.scope.nodes.of(code.Assign)
        if node.value is display.node
        for target in node.targets
    }


def _literal_fields(node: code.Mapping, scope: Scope) -> dict[str, list[Located]]:
    return {
        k.value: [Located(v, scope)]
        for k, v in zip(node.keys, node.values, strict=True)
        if isinstance(k, code.Constant) and isinstance(k.value, str)
    }


def _put_into(located: Located) -> Iterator[tuple[str, Located]]:
    """Yield what is put into a dict by key where it has a name: `options["functions"] = [send]`."""
    for node in located.scope.nodes.of(code.Assign) if isinstance(located.node, code.Name) else ():
        match node:
            case code.Assign(
                targets=(code.Subscript(value=base, key=code.Constant(value=str(key))),), value=value, operator=""
            ) if value is not None and code.dotted(base) == code.dotted(located.node):
                yield key, Located(value, located.scope)


def _are_settings(fields: dict[str, list[Located]]) -> bool:
    return any(key in fields for key in REGISTERING) and ("redis_settings" in fields or "on_startup" in fields)


def _assigned_fields(node: code.Node) -> Iterator[tuple[code.Expression, str, code.Expression]]:
    """Yield what a statement assigns to the attributes of something that have a setting's name; `setattr` too."""
    match node:
        case code.Assign(targets=targets, value=value) if value is not None:
            for target in targets:
                match target:
                    case code.Attribute(value=base, name=name) if name in _FIELDS:
                        yield base, name, value
        case code.Call(function=code.Name(id="setattr"), arguments=(base, code.Constant(value=str(name)), value)):
            if name in _FIELDS:
                yield base, name, value


def _uncast(node: code.Expression, names: Inference) -> code.Expression:
    """Return what stands in `cast(Type, …)`."""
    match node:
        case code.Call(function=function, arguments=(_, inner)) if names.calls.is_cast(function):
            return inner
    return node


def _class_node(value: Value) -> code.Class | None:
    match value:
        case ClassValue(cls=cls) | Instance(type=ClassScope() as cls):
            return cls.node
    return None


def _takes_context(function: FunctionScope) -> bool:
    """Whether a wrapper's first parameter can be the context, and not the wrapped function."""
    first = next(iter(function.parameters), None)
    if first is None or first.kind == "keywords":
        return False
    return first.name not in {"func", "f", "fn", "function", "coroutine", "coro", "task", "wrapped", "method"}
