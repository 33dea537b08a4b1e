"""CF6xx: configuration."""

# ruff: noqa: E501 - an operator is read as one line

from __future__ import annotations

from conformance.program.scopes import ModuleScope
from conformance.selftest.ground import Ground
from conformance.selftest.operators.base import Operator, ends
from conformance.selftest.operators.lifecycle import A_SETTINGS, of_settings

__all__ = ["OPERATORS"]


def outside(ground: Ground) -> list[ModuleScope]:
    return ground.modules(but=("config",))


def beside_config(ground: Ground) -> list[ModuleScope]:
    """The modules outside config, where there is one; where a settings class made it that, those that come later."""
    config = ground.modules("config")
    first = min((m.name for m in config if m.roles["config"].startswith("defines")), default="")
    return [m for m in outside(ground) if m.name > first] if config else []


def constants(ground: Ground) -> list[ModuleScope]:
    return ground.modules("constants")


def not_aegis(ground: Ground) -> list[ModuleScope]:
    return [] if ground.program.is_aegis else ground.modules()


OPERATORS = (
    # --- CF601 ---
    Operator("CF601", "os.environ", "a module outside config", ends(outside, "import os\ndef read() -> str:\n    return os.environ['SELFTEST']  # here")),
    Operator("CF601", "getenv", "a module outside config", ends(outside, "from os import getenv\nVALUE = getenv('SELFTEST')  # here")),
    Operator("CF601", "environ.get", "a module outside config", ends(outside, "from os import environ\nasync def read() -> object:\n    return environ.get('SELFTEST', '')  # here")),
    Operator("CF601", "load_dotenv", "a module outside config", ends(outside, "import dotenv\ndef read() -> None:\n    dotenv.load_dotenv()  # here")),
    # --- CF602 ---
    Operator("CF602", "a dict", "a constants module", ends(constants, "EXTRA = {'a': 1}  # here")),
    Operator("CF602", "Final", "a constants module", ends(constants, "from typing import Final\nEXTRA: Final = ['a']  # here")),
    Operator("CF602", "a constructor", "a constants module", ends(constants, "from collections import defaultdict\nEXTRA = defaultdict(int)  # here")),
    Operator("CF602", "the environment", "a constants module", ends(constants, "import os\nEXTRA = os.environ['SELFTEST']  # here")),
    # --- CF603 ---
    Operator("CF603", "BaseSettings", "config, and a module outside it", ends(beside_config, "from pydantic_settings import BaseSettings\nclass More(BaseSettings):  # here\n    number: int = 1")),
    Operator("CF603", "of the module", "config, and a module outside it", ends(beside_config, "import pydantic_settings\nclass More(pydantic_settings.BaseSettings):  # here\n    number: int = 1")),
    Operator("CF603", "a subclass", A_SETTINGS, ends(beside_config, of_settings("from <module> import <class>\nclass More(<class>):  # here\n    number: int = 1"))),
    # --- CF604 ---
    Operator("CF604", "constructed", A_SETTINGS, ends(not_aegis, of_settings("from <module> import <class>\nsettings = <class>()  # here"))),
    Operator("CF604", "annotated", A_SETTINGS, ends(not_aegis, of_settings("import <module> as configured\nSETTINGS: 'configured.<class>' = configured.<class>()  # here"))),
    Operator("CF604", "by a function", A_SETTINGS, ends(not_aegis, of_settings(
        "from <module> import <class>\ndef get_more() -> <class>:\n    return <class>()\nsettings = get_more()  # here"
    ))),
)  # fmt: skip
