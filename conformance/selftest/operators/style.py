"""FP8xx: what PRD-007 forbids."""

# ruff: noqa: E501 - an operator is read as one line

from __future__ import annotations

from conformance.selftest.operators.base import Operator, ends
from conformance.selftest.operators.injection import but

__all__ = ["OPERATORS"]

OPERATORS = (
    Operator("FP801", "a call", "a module", ends(but(), "def is_it(thing: object) -> bool:\n    return isinstance(thing, int)  # here")),
    Operator("FP801", "of builtins", "a module", ends(but(), "import builtins\ndef is_it(thing: object) -> bool:\n    return builtins.isinstance(thing, int)  # here")),
    Operator("FP801", "under another name", "a module", ends(but(), "is_a = isinstance\ndef is_it(thing: object) -> bool:\n    return is_a(thing, int)  # here")),
    Operator("FP802", "from typing", "a module", ends(but(), "from typing import cast\ndef made(thing: object) -> int:\n    return cast(int, thing)  # here")),
    Operator("FP802", "of typing", "a module", ends(but(), "import typing\ndef made(thing: object) -> int:\n    return typing.cast('int', thing)  # here")),
    Operator("FP802", "under another name", "a module", ends(but(), "from typing_extensions import cast as trust\ndef made(thing: object) -> int:\n    return trust(int, thing)  # here")),
    Operator("FP803", "from typing", "a module", ends(but(), "from typing import TYPE_CHECKING\nif TYPE_CHECKING:  # here\n    import decimal")),
    Operator("FP803", "of typing", "a module", ends(but(), "import typing\nif typing.TYPE_CHECKING:  # here\n    import decimal")),
    Operator("FP803", "negated", "a module", ends(but(), "import typing as t\nif not t.TYPE_CHECKING:  # here\n    import decimal")),
    Operator("FP804", "everything is suppressed", "a module", ends(but(), "import contextlib\ndef act() -> None:\n    with contextlib.suppress(Exception):  # here\n        print()")),
    Operator("FP804", "nothing is done", "a module", ends(but(), "def act() -> None:\n    try:\n        print()\n    except Exception:  # here\n        pass")),
    Operator("FP804", "bare", "a module", ends(but(), "async def act() -> None:\n    try:\n        print()\n    except:  # here\n        ...")),
    Operator("FP805", "of a parameter", "a module", ends(but(), "from typing import Any\ndef act(thing: Any) -> None: ...  # here")),
    Operator("FP805", "in a generic", "a module", ends(but(), "import typing\ndef act() -> dict[str, typing.Any]:  # here\n    return {}")),
    Operator("FP805", "of a name", "a module", ends(but(), "import typing as t\nthing: t.Any = 1  # here")),
)  # fmt: skip
