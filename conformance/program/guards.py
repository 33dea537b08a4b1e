"""What stands in a module and does not run when it is imported: `if __name__ == "__main__"`, `if TYPE_CHECKING`."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.facts import code
from conformance.program.scopes import ImportBinding, ModuleScope


def unrun_blocks(module: ModuleScope) -> Iterator[tuple[code.Statement, ...]]:
    """Yield the blocks that no import runs: of `if __name__ == "__main__"` and of `if TYPE_CHECKING`."""
    for node in module.nodes.of(code.If):
        if node.body:
            if never_on_import(node.test, module):
                yield node.body
            elif _only_on_import(node.test, module) and node.otherwise:
                yield node.otherwise


def never_on_import(test: code.Expression, module: ModuleScope) -> bool:
    """Return whether a condition never holds while its module is imported."""
    match test:
        case code.Comparison(operators=("==",)):
            return _asks_for_main(test)
        case code.BooleanOperation(operator="and", values=values):
            return any(never_on_import(v, module) for v in values)
        case code.Name() | code.Attribute():
            return is_type_checking(test, module)
        case code.UnaryOperation(operator="not", operand=operand):
            return _only_on_import(operand, module)
    return False


def is_type_checking(test: code.Expression, module: ModuleScope) -> bool:
    """Return whether a condition is `TYPE_CHECKING`, under whatever name it was imported."""
    name = code.dotted(test).rpartition(".")[2]
    return name == "TYPE_CHECKING" or any(
        isinstance(binding, ImportBinding) and binding.name == "TYPE_CHECKING"
        for binding in module.bindings.get(name, ())
    )


def _only_on_import(test: code.Expression, module: ModuleScope) -> bool:
    match test:
        case code.Comparison(operators=("!=",)):
            return _asks_for_main(test)
        case code.UnaryOperation(operator="not", operand=operand):
            return never_on_import(operand, module)
    return False


def _asks_for_main(test: code.Comparison) -> bool:
    sides = (test.left, *test.others)
    return any(code.dotted(side) == "__name__" for side in sides) and any(
        isinstance(side, code.Constant) and side.value == "__main__" for side in sides
    )


def unrun_lines(module: ModuleScope) -> tuple[range, ...]:
    """Return the lines of these blocks."""
    return tuple(range(block[0].span[0], block[-1].span[2] + 1) for block in unrun_blocks(module))
