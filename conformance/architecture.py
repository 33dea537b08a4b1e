"""A team's own rules: who may import, call, construct, write or read what, in a line of a test.

    architecture = Architecture.of("app")
    architecture.modules("app.billing").may_only_be_imported_by("app.services.billing").check()
    architecture.role("services").may_not_call("httpx.**").because("gateways make the calls").check()
    architecture.classes("httpx.AsyncClient").may_only_be_constructed_in("app.lifespan").check()
    architecture.state_key("redis").may_only_be_read_by("app.deps.**").check()

In pytest the fixture `architecture` is that of `--conformance-target`. Nothing of the target is imported.

A rule is read in the strict way: what it speaks of, and what it forbids, is a package with all that the package holds;
what it permits is a pattern as it is written (`app.deps` is that module alone, `app.deps.**` all below it too). What a
selection does with itself is its own affair. Tests are not judged.

A pattern that speaks of the target and matches nothing raises `Vacuous`. `# conformance: ignore[architecture] -- why`
suppresses what all rules of this kind find on its line, `ignore[architecture-billing]` what the one finds that is
`.named("billing")`.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from operator import methodcaller
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from conformance.check import configure, load
from conformance.config import ROLES, covers, is_accepted, matches, nearest
from conformance.errors import UsageError, shown
from conformance.facts import code
from conformance.files import Lines
from conformance.program.reaches import chain as chain_of_imports
from conformance.program.scopes import ClassScope, ModuleScope, scopes_of
from conformance.program.values import ClassValue, External, FunctionValue, Instance, Member
from conformance.reporters import full
from conformance.reporters.text import Look, counted
from conformance.results import (
    Finding,
    FindingStatus,
    Place,
    Problem,
    Report,
    Severity,
    Violation,
    fingerprint,
)
from conformance.suppressions import OWN, Suppressions, in_code
from conformance.version import VERSION

if TYPE_CHECKING:
    from conformance.check import Loaded
    from conformance.config import Config
    from conformance.program import Access, Inference, Program, Scope

__all__ = [
    "Architecture",
    "Classes",
    "Environment",
    "Functions",
    "Keys",
    "Libraries",
    "Modules",
    "OwnRule",
    "Vacuous",
]

Missing: TypeAlias = Literal["is an error", "is fine"]
TypeHints: TypeAlias = Literal["count", "are free"]


__tracebackhide__ = methodcaller("errisinstance", AssertionError)  # a broken rule is told by its findings


class Vacuous(AssertionError):  # noqa: N818 - said of a rule that has nothing to say
    """A rule speaks of something that there is not: it would pass for ever, whatever the code does."""


class Architecture:
    """A target, read and linked, and the beginnings of the sentences that can be said about it."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.program: Program = loaded.program
        self.modules_of_target = tuple(self.program.target_modules)

    @classmethod
    def of(cls, *targets: str | Path, config: Config | None = None, cwd: Path | None = None) -> Architecture:
        """Read a target: folders, files or package names; none for what the configuration names, else the folder.

        Args:
            targets: the target; it is read, and never imported.
            config: what holds; where it is not given, the configuration that is found upward from the target.
            cwd: what relative paths count from.

        Raises:
            ConformanceError: the configuration is wrong, or there is no such target.
        """
        paths = [Path(target) for target in targets]
        return cls(load(paths, configure(paths, cwd=cwd) if config is None else config, cwd=cwd))

    # --- what a sentence can be about ------------------------------------------------------------------------------

    def modules(self, pattern: str, *more: str, missing: Missing = "is an error") -> Modules:
        """Select modules by name: `app.billing` with all that it holds, `app.*.api`, `**.routes`."""
        patterns = (pattern, *more)
        found: dict[ModuleScope, None] = {}
        for each in patterns:
            several = [m for m in self.modules_of_target if covers(each, m.name)]
            if not several and missing == "is an error":
                raise Vacuous(self.no_module(each))
            found.update(dict.fromkeys(several))
        return Modules(self, _listed(patterns), tuple(found))

    def role(self, role: str, *more: str, missing: Missing = "is an error") -> Modules:
        """Select the modules that were taken for something: `routes`, `services`, …; `conformance roles` shows them."""
        roles = (role, *more)
        for each in roles:
            if each not in ROLES:
                raise UsageError(f"there is no role `{each}`{nearest(each, ROLES) or _there_are(ROLES)}")
            if missing == "is an error" and not any(m.has_role(each) for m in self.modules_of_target):
                raise Vacuous(f"no module was taken for `{each}`; `conformance roles` shows what each was taken for")
        found = tuple(m for m in self.modules_of_target if m.has_role(*roles))
        return Modules(self, _listed(roles, "the role ", "the roles "), found)

    def component(self, name: str, *more: str, missing: Missing = "is an error") -> Modules:
        """Select the modules of components, each by the last part of its name: `backend`, or by the whole of it."""
        names = (name, *more)
        named = {m: self.program.component(m) for m in self.modules_of_target}
        known = sorted({each for each in named.values() if each})
        found: dict[ModuleScope, None] = {}
        for wanted in names:
            several = [m for m, each in named.items() if each and wanted in {each, each.rpartition(".")[2]}]
            if not several and missing == "is an error":
                raise Vacuous(f"there is no component `{wanted}`{nearest(wanted, known) or _there_are(known)}")
            found.update(dict.fromkeys(several))
        return Modules(self, _listed(names, "the component ", "the components "), tuple(found))

    def library(self, name: str, *more: str, missing: Missing = "is an error") -> Libraries:
        """Select what is another distribution's: `httpx`, `sqlalchemy.ext`, with all that it holds."""
        known = {i.name for m in self.modules_of_target for i in _imports_of(self.program, m) if i.module is None}
        for wanted in (name, *more):
            if missing == "is an error" and not any(covers(wanted, each) for each in known):
                raise Vacuous(f"nothing in the target imports `{wanted}`{nearest(wanted, sorted(known))}")
        return Libraries(self, (name, *more))

    def classes(self, name: str, *more: str, missing: Missing = "is an error") -> Classes:
        """Select classes by their absolute names, with what inherits from them: `httpx.AsyncClient`, `app.db.**`."""
        if missing == "is an error":
            self.there_is("class", (name, *more))
        return Classes(self, (name, *more))

    def functions(self, name: str, *more: str, missing: Missing = "is an error") -> Functions:
        """Select functions and methods by their absolute names: `app.billing.charge`, `httpx.AsyncClient.get`."""
        if missing == "is an error":
            self.there_is("function", (name, *more))
        return Functions(self, (name, *more))

    def state_key(self, *keys: str, missing: Missing = "is an error") -> Keys:
        """Select keys of `app.state`; none for all of them."""
        return self._keys("state", keys, missing)

    def context_key(self, *keys: str, missing: Missing = "is an error") -> Keys:
        """Select keys of arq's context; none for all of them."""
        return self._keys("context", keys, missing)

    def environment(self) -> Environment:
        """Select the environment of the process."""
        return Environment(self)

    # --- vacuity ---------------------------------------------------------------------------------------------------

    def _keys(self, store: Literal["state", "context"], keys: tuple[str, ...], missing: Missing) -> Keys:
        name = "app.state" if store == "state" else "arq's context"
        known = sorted({a.key for a in self.program.stores.of(store) if a.key and not a.module.is_test})
        if missing == "is an error":
            if not known:
                raise Vacuous(f"nothing in the target reads or writes {name}")
            for key in keys:
                if key not in known:
                    raise Vacuous(f"{name} has no key `{key}`{nearest(key, known) or _there_are(known)}")
        return Keys(self, store, keys)

    def there_is(self, what: Literal["class", "function"], names: Iterable[str]) -> None:
        """Hold that each name is that of a definition of the target, or of a library that it imports.

        Raises:
            Vacuous: one is not.
        """
        known = sorted({key for m in self.modules_of_target for key in _defined(m, what)})
        imports = [each for m in self.modules_of_target for each in _imports_of(self.program, m)]
        tops = {each.name.partition(".")[0] for each in imports if each.module is None}
        for name in names:
            top = name.partition(".")[0]
            if any(covers(name, key) for key in known) or (top == name and hasattr(builtins, name)):
                continue
            if self.is_of_target(name) and not ("*" in top and any(matches(top, each) for each in tops)):
                raise Vacuous(f"there is no {what} `{name}` in the target{nearest(name, known)}")
            if not any(matches(top, each) for each in tops):
                raise Vacuous(f"nothing in the target imports `{top}`: there is no {what} `{name}`{nearest(top, tops)}")

    def is_of_target(self, pattern: str) -> bool:
        """Whether a pattern speaks of the target: it begins with one of its packages, or with a wildcard."""
        top = pattern.partition(".")[0]
        return "*" in top or any(matches(top, package) for package in self.loaded.target.packages)

    def no_module(self, pattern: str) -> str:
        """Say that a pattern matches no module."""
        known = [m.name for m in self.modules_of_target]
        hint = nearest(pattern.removesuffix(".**"), known)
        return f"no module of the target matches `{pattern}`{hint or _there_are(self.loaded.target.packages)}"

    # --- findings --------------------------------------------------------------------------------------------------

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What of the target could not be looked at."""
        loaded = self.loaded
        unread = [e for e in loaded.unreadable if not is_accepted(loaded.config, e.path)]
        return (*loaded.target.problems, *(Problem(e.message, e.path, e.line) for e in unread))

    @cached_property
    def suppressions(self) -> Suppressions:
        """The comments in the target's files."""
        paths = {file.shown: file.module for file in self.loaded.target.files}
        written = chain.from_iterable(in_code(each, path, paths[path]) for path, each in self.loaded.codes.items())
        return Suppressions(written, _answers)

    @cached_property
    def lines(self) -> Lines:
        """The text of the target's files."""
        return Lines(self.loaded.target)


@dataclass(frozen=True, slots=True)
class _Import:
    """One thing that a module imports: `module` is None where it is another distribution's."""

    module: ModuleScope | None
    name: str
    qualified: str
    place: Place
    is_hint: bool


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A sentence about the architecture, which holds or does not.

    Attributes:
        sentence: the rule, in words.
        name: what it is called, "" where it has no name.
        reason: why the team has it.
    """

    architecture: Architecture
    sentence: str
    judge: Callable[[], Iterator[Violation]]
    name: str = ""
    reason: str = ""

    @property
    def suppressed_as(self) -> str:
        """What a comment that suppresses this rule alone calls it."""
        return f"{OWN}-{self.name}" if self.name else OWN

    def named(self, name: str) -> OwnRule:
        """Give the rule a name: `architecture-<name>` suppresses it alone."""
        return replace(self, name=name)

    def because(self, reason: str) -> OwnRule:
        """Say why there is this rule: it is shown with each finding."""
        return replace(self, reason=reason)

    def findings(self) -> tuple[Finding, ...]:
        """Return what breaks the rule, one finding a line, sorted by place; the suppressed ones too."""
        made = [_finding(violation, self) for violation in self.judge()]
        made.sort(key=lambda f: (f.path, f.line, f.column, f.message), reverse=True)
        return tuple({(f.path, f.line): f for f in made}.values())[::-1]

    def check(self) -> None:
        """Hold the rule.

        Raises:
            AssertionError: with all that breaks it, and with what could not be looked at.
        """
        broken = tuple(finding for finding in self.findings() if finding.status is FindingStatus.NEW)
        problems = self.architecture.problems
        if not broken and not problems:
            return
        target = self.architecture.loaded.target
        report = Report(VERSION, str(target.root), target.packages, len(target.files), broken, (), ())
        lines = [
            f"{self.sentence}: {counted(len(broken), 'finding')}",
            "",
            full.render(report, Look(quiet=True)).rstrip(),
        ]
        if problems:
            lines += ["", "the check is not complete:", *(f"  {shown(problem)}" for problem in problems)]
        raise AssertionError("\n".join(lines).replace("\n\n\n", "\n\n"))


# --- what the sentences say ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Modules:
    """Modules of the target."""

    architecture: Architecture
    said: str
    found: tuple[ModuleScope, ...]

    def but(self, *others: str | Modules) -> Modules:
        """Leave some out: patterns as they are written (`app.deps` is that module alone), or another selection."""
        is_out = _permitted(self.architecture, others)
        left = tuple(m for m in self.found if not is_out(m))
        if not left:
            raise Vacuous(f"nothing is left of {self.said} without {_listed(others)}")
        return replace(self, said=f"{self.said} but {_listed(others)}", found=left)

    def may_only_be_imported_by(self, *importers: str | Modules, type_hints: TypeHints = "count") -> OwnRule:
        """Nothing else imports them; `type_hints` says whether imports under TYPE_CHECKING count."""
        return _only_imported_by(self, lambda each: each.module in self.found, self.found, importers, type_hints)

    def may_import_only(
        self, *imported: str | Modules, libraries: tuple[str, ...] | None = None, type_hints: TypeHints = "count"
    ) -> OwnRule:
        """Of the target they import nothing else; where `libraries` are given, of other distributions nothing else."""
        is_permitted = _permitted(self.architecture, imported)
        what = f"{_listed(imported)}" if imported else "nothing else of the target"
        if libraries is not None:
            what = f"{what}, and of libraries {_listed(libraries) or 'none'}"

        def judge() -> Iterator[Violation]:
            for module, each in self._imports(type_hints):
                if each.module is not None:
                    fine = each.module in self.found or is_permitted(each.module)
                else:
                    fine = libraries is None or _is_standard(each.name) or _any_covers(libraries, each.name)
                if not fine:
                    yield _imported(module, each, f"{self.said} may import only {what}")

        return OwnRule(self.architecture, f"{self.said} may import only {what}", judge)

    def may_not_import(self, first: str | Modules, *more: str | Modules, type_hints: TypeHints = "count") -> OwnRule:
        """They import none of these themselves: modules of the target, or libraries (`fastapi`)."""
        forbidden = (first, *more)
        is_forbidden = _forbidden(self.architecture, forbidden)
        sentence = f"{self.said} may not import {_listed(forbidden, joined='or')}"

        def judge() -> Iterator[Violation]:
            for module, each in self._imports(type_hints):
                if is_forbidden(each):
                    yield _imported(module, each, sentence)

        return OwnRule(self.architecture, sentence, judge)

    def may_not_reach(self, first: str | Modules, *more: str | Modules) -> OwnRule:
        """They import none of these modules of the target, nor what imports them, over any number of steps."""
        forbidden = (first, *more)
        is_forbidden = _forbidden(self.architecture, forbidden, libraries=False)
        sentence = f"{self.said} may not reach {_listed(forbidden, joined='or')}"
        program = self.architecture.program
        goals = {
            m.name: m
            for m in self.architecture.modules_of_target
            if m not in self.found and is_forbidden(_Import(m, m.name, m.name, Place("", (1, 1, 1, 1), ""), False))
        }

        def judge() -> Iterator[Violation]:
            graph = program.import_graph
            for module in self.found:
                for name in sorted(graph.find_upstream_modules(module.name) & goals.keys()):
                    steps = chain_of_imports(program, module, goals[name])
                    if steps:
                        message = f"`{module.name}` reaches `{name}` over {counted(len(steps), 'import')}"
                        instead = f"{sentence}: {_do('imported')}"
                        yield Violation(steps[0].place, message, instead, detail=name, trail=steps[1:])

        return OwnRule(self.architecture, sentence, judge)

    def may_not_call(self, name: str, *more: str) -> OwnRule:
        """They call nothing of these absolute names: `httpx.**`, `app.billing.charge`, `print`."""
        names = (name, *more)
        self.architecture.there_is("function", filter(self.architecture.is_of_target, names))
        sentence = f"{self.said} may not call {_listed(names, joined='or')}"
        return OwnRule(self.architecture, sentence, lambda: _called(self.architecture, self.found, names, sentence))

    def may_not_construct(self, name: str, *more: str) -> OwnRule:
        """They make no object of these classes, nor of what inherits from them."""
        names = (name, *more)
        self.architecture.there_is("class", filter(self.architecture.is_of_target, names))
        sentence = f"{self.said} may not construct {_listed(names, joined='or')}"
        return OwnRule(self.architecture, sentence, lambda: _made(self.architecture, self.found, names, sentence))

    def _imports(self, type_hints: TypeHints) -> Iterator[tuple[ModuleScope, _Import]]:
        for module in self.found:
            for each in _imports_of(self.architecture.program, module):
                if type_hints == "count" or not each.is_hint:
                    yield module, each


@dataclass(frozen=True, slots=True)
class Libraries:
    """Other distributions, or parts of them."""

    architecture: Architecture
    names: tuple[str, ...]

    @property
    def said(self) -> str:
        return _listed(self.names)

    def may_only_be_imported_by(self, *importers: str | Modules, type_hints: TypeHints = "count") -> OwnRule:
        """Nothing else in the target imports them."""
        return _only_imported_by(
            self, lambda each: each.module is None and _any_covers(self.names, each.name), (), importers, type_hints
        )


@dataclass(frozen=True, slots=True)
class Classes:
    """Classes, of the target or of other distributions."""

    architecture: Architecture
    names: tuple[str, ...]

    def may_only_be_constructed_in(self, *places: str | Modules) -> OwnRule:
        """No object of them is made anywhere else."""
        is_permitted = _permitted(self.architecture, places)
        sentence = f"{_listed(self.names)} may only be constructed in {_listed(places, joined='or')}"
        others = [m for m in self.architecture.modules_of_target if not is_permitted(m)]
        return OwnRule(self.architecture, sentence, lambda: _made(self.architecture, others, self.names, sentence))


@dataclass(frozen=True, slots=True)
class Functions:
    """Functions and methods, of the target or of other distributions."""

    architecture: Architecture
    names: tuple[str, ...]

    def may_only_be_called_by(self, *callers: str | Modules) -> OwnRule:
        """Nothing else calls them; the modules that define them may."""
        is_permitted = _permitted(self.architecture, callers)
        sentence = f"{_listed(self.names)} may only be called by {_listed(callers, joined='or')}"
        others = [m for m in self.architecture.modules_of_target if not is_permitted(m) and not self._defines(m)]
        return OwnRule(self.architecture, sentence, lambda: _called(self.architecture, others, self.names, sentence))

    def _defines(self, module: ModuleScope) -> bool:
        return any(_any_covers(self.names, key) for key in _defined(module, "function"))


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of `app.state` or of arq's context; none for all of them."""

    architecture: Architecture
    store: Literal["state", "context"]
    keys: tuple[str, ...]

    def may_only_be_read_by(self, *readers: str | Modules) -> OwnRule:
        """Nothing else reads them, or asks whether they are there."""
        return self._only("read", ("read", "asked"), readers)

    def may_only_be_written_by(self, *writers: str | Modules) -> OwnRule:
        """Nothing else sets or deletes them."""
        return self._only("written", ("write", "delete"), writers)

    def _only(self, done: str, kinds: tuple[str, ...], where: tuple[str | Modules, ...]) -> OwnRule:
        is_permitted = _permitted(self.architecture, where)
        name = "app.state" if self.store == "state" else "arq's context"
        said = f"{_listed(self.keys)} of {name}" if self.keys else f"{name}"
        sentence = f"{said} may only be {done} by {_listed(where, joined='or')}"

        def judge() -> Iterator[Violation]:
            for access in self.architecture.program.stores.of(self.store, *kinds):
                module = access.module
                if not module.is_test and not is_permitted(module) and self._is_about(access):
                    what = f"`{access.key}` of {name}" if access.key else f"{name} by a key that is not known here"
                    if access.whole:
                        what = f"all of {name}"
                    yield Violation(access.place, f"{what} is {done} by `{module.name}`", f"{sentence}: {_do(done)}")

        return OwnRule(self.architecture, sentence, judge)

    def _is_about(self, access: Access) -> bool:
        return not self.keys or access.whole or access.key in self.keys


@dataclass(frozen=True, slots=True)
class Environment:
    """The environment of the process."""

    architecture: Architecture

    def may_only_be_read_by(self, *readers: str | Modules) -> OwnRule:
        """Nothing else uses `os.environ`, `os.getenv` or `load_dotenv`."""
        is_permitted = _permitted(self.architecture, readers)
        sentence = f"the environment may only be read by {_listed(readers, joined='or')}"

        def judge() -> Iterator[Violation]:
            for module in self.architecture.modules_of_target:
                if not is_permitted(module):
                    for read in self.architecture.program.environment.reads(module):
                        message = f"`{read.name}` is used by `{module.name}`"
                        yield Violation(module.place(read.node), message, f"{sentence}: {_do('read')}")

        return OwnRule(self.architecture, sentence, judge)


def _only_imported_by(
    subject: Modules | Libraries,
    is_about: Callable[[_Import], bool],
    own: tuple[ModuleScope, ...],
    importers: tuple[str | Modules, ...],
    type_hints: TypeHints,
) -> OwnRule:
    architecture = subject.architecture
    is_permitted = _permitted(architecture, importers)
    by = _listed(importers, joined="or") or "nothing"
    sentence = f"{subject.said} may only be imported by {by}"

    def judge() -> Iterator[Violation]:
        for module in architecture.modules_of_target:
            if module in own or is_permitted(module):
                continue
            for each in _imports_of(architecture.program, module):
                if is_about(each) and (type_hints == "count" or not each.is_hint):
                    yield _imported(module, each, sentence)

    return OwnRule(architecture, sentence, judge)


def _imported(module: ModuleScope, each: _Import, sentence: str) -> Violation:
    return Violation(each.place, f"`{module.name}` imports `{each.qualified}`", f"{sentence}: {_do('imported')}")


def _forbidden(
    architecture: Architecture, forbidden: tuple[str | Modules, ...], *, libraries: bool = True
) -> Callable[[_Import], bool]:
    """Return what says whether an import is forbidden; a pattern of the target must match something."""
    modules: set[ModuleScope] = set()
    names: list[str] = []
    for each in forbidden:
        if isinstance(each, Modules):
            modules.update(each.found)
        elif not libraries or architecture.is_of_target(each):
            modules.update(architecture.modules(each).found)
        else:
            names.append(each)
    return lambda i: i.module in modules if i.module is not None else _any_covers(names, i.name)


def _called(
    architecture: Architecture,
    modules: tuple[ModuleScope, ...] | list[ModuleScope],
    names: tuple[str, ...],
    sentence: str,
) -> Iterator[Violation]:
    for module in modules:
        for node, scope in _calls(module):
            found = next((c for c in _callees(architecture.program.names, node, scope) if _any_covers(names, c)), None)
            if found is not None:
                yield Violation(module.place(node), f"`{module.name}` calls `{found}`", f"{sentence}: {_do('called')}")


def _made(
    architecture: Architecture,
    modules: tuple[ModuleScope, ...] | list[ModuleScope],
    names: tuple[str, ...],
    sentence: str,
) -> Iterator[Violation]:
    for module in modules:
        for node, scope in _calls(module):
            made = tuple(_constructed(architecture.program.names, node, scope))
            if any(_any_covers(names, name) for name in made):
                yield Violation(
                    module.place(node), f"`{module.name}` constructs `{made[0]}`", f"{sentence}: {_do('constructed')}"
                )


def _defined(module: ModuleScope, what: Literal["class", "function"]) -> Iterator[str]:
    """Yield the absolute names of what a module defines; a class can be called too."""
    yield from (cls.key for cls in module.classes)
    if what == "function":
        yield from (function.key for function in module.functions)


def _any_covers(patterns: tuple[str, ...] | list[str], name: str) -> bool:
    return any(covers(pattern, name) for pattern in patterns)


def _answers(name: str, rule: str) -> bool:
    wanted = name.casefold()
    return wanted == "all" or wanted == rule.casefold() or rule.casefold().startswith(f"{wanted}-")


def _do(done: str) -> str:
    """Return what to write instead of what is done in the wrong place."""
    return {
        "imported": "go through what may be imported here, or move this code to where it may be",
        "called": "let what may call it do so, and ask that",
        "constructed": "take the object as a parameter from where it may be made",
        "read": "take the value as a parameter from where it may be read",
        "written": "let what may write it do so",
    }[done]


def _is_standard(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names


def _name(cls: str | ClassScope) -> str:
    return cls if isinstance(cls, str) else cls.key


def _there_are(names: list[str] | tuple[str, ...]) -> str:
    return f"; there are {', '.join(names[:12])}{', …' if len(names) > 12 else ''}" if names else ""


def _listed(parts: tuple[str | Modules, ...], one: str = "", several: str = "", *, joined: str = "and") -> str:
    """Return the parts in words: `a`, `b` and `c`."""
    words = [f"`{part}`" if isinstance(part, str) else part.said for part in parts]
    text = f" {joined} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
    return f"{(several if len(words) > 1 else one)}{text}"


# --- what the code does ----------------------------------------------------------------------------------------------


def _imports_of(program: Program, module: ModuleScope) -> Iterator[_Import]:
    """Yield what a module imports, in any spelling: modules of the target, and names of other distributions."""
    for reach in program.reaches(module):
        hint = reach.edge is not None and reach.edge.type_checking
        yield _Import(reach.module, reach.module.name, reach.qualified, reach.place, hint)
    for edge in program.imports[module]:
        if edge.module is None:
            yield _Import(None, edge.qualified, edge.qualified, edge.place, edge.type_checking)


def _calls(module: ModuleScope) -> Iterator[tuple[code.Call, Scope]]:
    for scope in scopes_of(module):
        for node in chain(scope.nodes, scope.deferred):
            if isinstance(node, code.Call):
                yield node, scope


def _callees(names: Inference, node: code.Call, scope: Scope) -> Iterator[str]:
    """Yield the absolute names that what is called goes by; of a method, in each class that its object is of."""
    for value in names.expand(names.infer(node.function, scope)):
        match value:
            case External(name=name):
                yield name.removeprefix("builtins.")
            case Member(instance=instance, name=name):
                yield from (f"{_name(each)}.{name}" for each in names.ancestry(instance.type))
            case FunctionValue(function=function, owner=owner):
                yield function.key
                if owner is not None:
                    yield f"{owner.key}.{function.name}"
            case ClassValue(cls=cls):
                yield cls.key
            case Instance(type=made):
                yield f"{_name(made)}.__call__"


def _constructed(names: Inference, node: code.Call, scope: Scope) -> Iterator[str]:
    """Yield the absolute names of the classes of which a call makes an object: its own, and what it inherits."""
    for value in names.infer(node, scope):
        if isinstance(value, Instance) and value.creation is not None and value.creation.call is node:
            yield from (_name(each) for each in names.ancestry(value.type))


def _permitted(architecture: Architecture, wheres: tuple[str | Modules, ...]) -> Callable[[ModuleScope], bool]:
    """Return what says whether a module is among those permitted."""
    modules: set[ModuleScope] = set()
    for where in wheres:
        if isinstance(where, Modules):
            modules.update(where.found)
            continue
        several = [m for m in architecture.modules_of_target if matches(where, m.name)]
        if not several:
            raise Vacuous(architecture.no_module(where))
        modules.update(several)
    return modules.__contains__


def _finding(violation: Violation, rule: OwnRule) -> Finding:
    place = violation.place
    suppression = rule.architecture.suppressions.match(rule.suppressed_as, place.path, place.span[0])
    return Finding(
        rule=OWN,
        name=rule.name or "own-rule",
        severity=Severity.ERROR,
        place=place,
        message=violation.message,
        instead=violation.instead,
        source="",
        fingerprint=fingerprint(rule.suppressed_as, place.module, place.symbol, violation.detail or violation.message),
        status=FindingStatus.SUPPRESSED if suppression else FindingStatus.NEW,
        reason=suppression.reason if suppression else rule.reason,
        trail=violation.trail,
        code=rule.architecture.lines.line(place.path, place.span[0]),
    )
