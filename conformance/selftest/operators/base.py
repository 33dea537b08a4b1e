"""How an operator is written: the rule, the spelling, what it needs of the target, and where it is put."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from conformance.program.scopes import FunctionScope, ModuleScope
from conformance.selftest.ground import Ground
from conformance.selftest.seeds import Change, Seed

__all__ = ["Operator", "Placing", "begins", "ends", "filled", "new_file"]

Placing: TypeAlias = Callable[[Ground], Iterable[Seed]]
Modules: TypeAlias = Callable[[Ground], Iterable[ModuleScope]]
Functions: TypeAlias = Callable[[Ground], Iterable[FunctionScope]]
Text: TypeAlias = "str | Callable[[Ground, ModuleScope], str | None]"
Inner: TypeAlias = "str | Callable[[Ground, FunctionScope], str | None]"


@dataclass(frozen=True, slots=True)
class Operator:
    """One way of breaking a rule.

    Attributes:
        rule: the rule that must find it.
        spelling: how the violation is written, in a few words; no two of a rule are the same.
        needs: what the target must have: "a task".
        places: gives the seeds that can be put into a target, the best first.
    """

    rule: str
    spelling: str
    needs: str
    places: Placing


def ends(modules: Modules, text: Text, *, touches: str = "") -> Placing:
    """Put text at the end of a module."""

    def place(ground: Ground) -> Iterator[Seed]:
        for module in modules(ground):
            written = text if isinstance(text, str) else text(ground, module)
            if written is not None:
                yield Seed((ground.end(module, written),), touches=_touched(touches, module))

    return place


def begins(functions: Functions, text: Inner, *, besides: Text = "", touches: str = "") -> Placing:
    """Put text at the beginning of a function; `besides` is put at the end of its module."""

    def place(ground: Ground) -> Iterator[Seed]:
        for function in functions(ground):
            written = text if isinstance(text, str) else text(ground, function)
            more = besides if isinstance(besides, str) else besides(ground, function.module)
            if written is None or more is None:
                continue
            changes: tuple[Change, ...] = (ground.into(function, written),)
            if more:
                changes = (*changes, ground.end(function.module, more))
            yield Seed(changes, touches=_touched(touches, function.module))

    return place


def new_file(modules: Modules, name: str, text: Text, *, is_test: bool = False, touches: str = "") -> Placing:
    """Put text into a new file beside a module."""

    def place(ground: Ground) -> Iterator[Seed]:
        for module in modules(ground):
            written = text if isinstance(text, str) else text(ground, module)
            file = ground.beside(module, name, is_test=is_test)
            if written is not None and file is not None:
                change = Change(file.shown, 0, 0, f"{written.strip(chr(10))}\n")
                yield Seed((change,), made=(file,), touches=frozenset({file.shown, *filter(None, [touches])}))

    return place


def filled(text: str, module: ModuleScope, **more: str) -> str | None:
    """Fill in how a module is imported, `<module>`, or `<last>` from `<package>`, and more; None where it is on top."""
    package, _, last = module.name.rpartition(".")
    if not package and "<package>" in text:
        return None
    for name, value in {"module": module.name, "package": package, "last": last, **more}.items():
        text = text.replace(f"<{name}>", value)
    return text


def _touched(touches: str, module: ModuleScope) -> frozenset[str]:
    return frozenset({touches.replace("{}", module.path)}) if touches else frozenset()
