"""Where the target reads the environment of its process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeGuard

from conformance.facts import code
from conformance.program.guards import unrun_lines
from conformance.program.inference import Inference
from conformance.program.scopes import ModuleScope, Scope, scopes_of
from conformance.program.values import External

READS = frozenset(
    {"os.environ", "os.environb", "os.getenv", "os.getenvb", "dotenv.load_dotenv", "dotenv.dotenv_values"}
)
_NAMING = (code.Attribute, code.Name, code.Call)
_NAMES = frozenset(name.rpartition(".")[2] for name in READS)


class EnvironmentRead(NamedTuple):
    """A use of `os.environ`, `os.getenv` or `load_dotenv`: the name, and the scope in which it stands."""

    node: code.Name | code.Attribute | code.Call
    scope: Scope
    name: str


class Environment:
    """The reads of each module, looked for once."""

    def __init__(self, names: Inference) -> None:
        self.names = names
        self._known: dict[ModuleScope, tuple[EnvironmentRead, ...]] = {}

    def reads(self, module: ModuleScope) -> tuple[EnvironmentRead, ...]:
        """Return each use in a module, outside `if __name__ == "__main__"`."""
        if module not in self._known:
            self._known[module] = tuple(_reads(module, self.names))
        return self._known[module]


def _reads(module: ModuleScope, names: Inference) -> Iterator[EnvironmentRead]:
    spelled = _NAMES | {
        bound
        for scope in scopes_of(module)
        for bound, bindings in scope.bindings.items()
        if any(getattr(binding, "name", "") in _NAMES for binding in bindings)
    }
    unrun = unrun_lines(module)
    for scope in scopes_of(module):
        for node in (*scope.nodes.of(*_NAMING), *scope.deferred.of(*_NAMING)):
            if not _is_spelled(node, spelled) or any(node.span[0] in lines for lines in unrun):
                continue
            found = names.infer(node, scope) if isinstance(node, code.Call) else names.resolve(node, scope)
            for resolved in found:
                if isinstance(resolved, External) and resolved.name in READS:
                    yield EnvironmentRead(node, scope, resolved.name)
                    break


def _is_spelled(node: code.Node, names: frozenset[str]) -> TypeGuard[code.Attribute | code.Name | code.Call]:
    if type(node) is code.Attribute:
        return node.name in _NAMES
    if type(node) is code.Name:
        return node.id in names
    match node:
        case code.Call(function=code.Name(id="getattr"), arguments=(_, code.Constant(value=str(name)), *_)):
            return name in _NAMES
    return False
