"""Contracts for import-linter: the types that it has not got itself, and the pack that is made for a target.

In the configuration of import-linter each type stands on a line of its own:

    contract_types =
        deps_facade: conformance.contracts.DepsFacade
        state_writer: conformance.contracts.StateWriter
        ctx_writer: conformance.contracts.ContextWriter
        conformance_rules: conformance.contracts.Rules

They are loaded when they are asked for: the pack is made without import-linter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.contracts.types import ContextWriter, DepsFacade, EngineContract, Rules, StateWriter, folder_of

__all__ = ["ContextWriter", "DepsFacade", "EngineContract", "Rules", "StateWriter", "folder_of"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
    from conformance.contracts import types  # noqa: PLC0415 - import-linter may not be there

    return getattr(types, name)
