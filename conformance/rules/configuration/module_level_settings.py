"""CF604: settings are built when they are asked for, not while a module loads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from conformance.facts import code
from conformance.program import Program
from conformance.program.scopes import ClassScope
from conformance.program.settings import BoundSettings, module_level_settings, settings_classes
from conformance.program.values import FunctionValue
from conformance.results import Violation
from conformance.rules.base import Example, Rule


class SettingsClass(NamedTuple):
    """A settings class, and the module-level names that hold an object of it."""

    cls: ClassScope
    bound: tuple[BoundSettings, ...]


def subjects(program: Program) -> Iterator[SettingsClass]:
    """Each settings class; none under the aegis profile, which prescribes a settings object."""
    if program.is_aegis:
        return
    classes = list(settings_classes(program))
    bound: dict[ClassScope, list[BoundSettings]] = defaultdict(list)
    if classes:
        for module in program.target_modules:
            if not program.is_migration(module):
                for found in module_level_settings(program, module):
                    bound[found.cls].append(found)
    for cls in classes:
        yield SettingsClass(cls, tuple(bound[cls]))


def check(program: Program, subject: SettingsClass) -> Iterator[Violation]:
    """Report each module-level name that holds the settings."""
    for bound in subject.bound:
        yield Violation(
            bound.place,
            f"`{bound.name}` holds an object of `{bound.cls.name}` that is built while the module loads",
            _instead(program, bound),
            detail=bound.name,
        )


def _instead(program: Program, bound: BoundSettings) -> str:
    """Return what to write: who has the function already is to call it later."""
    if any(isinstance(v, FunctionValue) for v in program.names.infer(bound.call.function, bound.module)):
        return f"call `{code.dotted(bound.call.function)}()` where the settings are needed, or have them injected"
    return "build it in one `@lru_cache` function `get_settings()`, and call or inject that"


RULE = Rule(
    id="CF604",
    name="module-level-settings",
    source="PRD-012 §2 Rule 4",
    summary="A settings object is bound to a module-level name.",
    why=(
        "What is built while a module loads reads the environment at a moment that nobody chose: an import fails where "
        "a variable is missing, and a test can no longer set one. No override reaches a name that others have imported."
    ),
    instead=(
        "Build the settings in one cached function, `@lru_cache def get_settings() -> Settings`, and inject it as "
        "`SettingsDep`; lifespan and the worker's start-up call it."
    ),
    subjects=subjects,
    check=check,
    nothing="the target defines no settings class, or its profile is `aegis`",
    configure='`profile = "aegis"` turns the rule off: Integration Patterns prescribes `settings = Settings()`.',
    bad=(
        Example(
            "the settings object",
            """
--- app/config.py
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    region: str = "eu"


settings = Settings()  # expect: CF604
""",
        ),
        Example(
            "the cached function called while a module loads",
            """
--- app/config.py
from functools import lru_cache

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    region: str = "eu"


@lru_cache
def get_settings() -> Settings:
    return Settings()
--- app/services/region.py
from app.config import get_settings

CONFIG = get_settings()  # expect: CF604


def region() -> str:
    return CONFIG.region
""",
        ),
    ),
    good=(
        Example(
            "a cached function, called where it is needed",
            """
--- app/config.py
from functools import lru_cache

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    region: str = "eu"


@lru_cache
def get_settings() -> Settings:
    return Settings()
--- app/services/region.py
from app.config import get_settings


def region() -> str:
    return get_settings().region
""",
        ),
        Example(
            "a script's own settings",
            """
--- app/config.py
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    region: str = "eu"


if __name__ == "__main__":
    settings = Settings()
    print(settings.region)
""",
        ),
    ),
)
