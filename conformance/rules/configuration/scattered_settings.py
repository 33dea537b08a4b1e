"""CF603: settings classes live in config."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from conformance.facts import code
from conformance.program import Program, scopes_of
from conformance.program.scopes import ClassScope
from conformance.program.settings import settings_classes
from conformance.program.values import ModuleValue, Symbol
from conformance.results import Violation
from conformance.rules.base import Example, Rule


class SettingsClass(NamedTuple):
    """A settings class, and whether config defines or takes it."""

    cls: ClassScope
    in_config: bool


def subjects(program: Program) -> Iterator[SettingsClass]:
    """Each settings class of the target."""
    classes = [cls for cls in settings_classes(program) if not program.is_migration(cls.module)]
    taken = _taken_by_config(program, classes)
    for cls in classes:
        yield SettingsClass(cls, cls in taken)


def check(program: Program, subject: SettingsClass) -> Iterator[Violation]:  # noqa: ARG001
    """Report a class that config neither defines nor imports."""
    cls = subject.cls
    if not subject.in_config:
        yield Violation(
            cls.place,
            f"the settings class `{cls.name}` is defined outside config, which does not import it",
            "define it in config, or make it a group of the settings there",
            detail=cls.name,
        )


def _taken_by_config(program: Program, classes: list[ClassScope]) -> set[ClassScope]:
    """Return the classes that config defines or imports, and those that these are made of."""
    wanted = set(classes)
    pending = [cls for cls in classes if cls.module.has_role("config")]
    if len(pending) < len(classes):
        pending += _imported_by_config(program, wanted)
    found: set[ClassScope] = set()
    while pending:
        cls = pending.pop()
        if cls not in found:
            found.add(cls)
            pending += _made_of(program, cls, wanted - found)
    return found


def _imported_by_config(program: Program, wanted: set[ClassScope]) -> Iterator[ClassScope]:
    named = {cls.name for cls in wanted}
    for module in program.with_role("config"):
        if module.is_test:
            continue
        for reach in program.reaches(module):
            for resolved in reach.resolved:
                match resolved:
                    case Symbol(binding=ClassScope() as cls) if cls in wanted:
                        yield cls
                    case ModuleValue(module=whole) if reach.edge is not None and reach.edge.name == "*":
                        yield from (cls for cls in wanted if cls.module is whole)
        for scope in scopes_of(module):  # MailSettings = mail.MailSettings
            for node in scope.nodes.of(code.Attribute):
                if node.name in named:
                    for resolved in program.names.resolve(node, scope):
                        if isinstance(resolved, Symbol) and isinstance(resolved.binding, ClassScope):
                            yield resolved.binding


def _made_of(program: Program, cls: ClassScope, wanted: set[ClassScope]) -> Iterator[ClassScope]:
    """Yield the settings classes that a class names: as a base, as the type of a field, as its value."""
    for node in code.walk(cls.node):
        if isinstance(node, (code.Name, code.Attribute)):
            for resolved in program.names.resolve(node, cls):
                match resolved:
                    case Symbol(binding=ClassScope() as inner) if inner in wanted:
                        yield inner


RULE = Rule(
    id="CF603",
    name="scattered-settings",
    source="PRD-012 §6",
    summary="A settings class is defined outside config.",
    why=(
        "config is the single source of environment variables. A settings class in another module reads the "
        "environment a second time, at its own moment and with its own defaults, and whoever deploys the application "
        "has to find it first."
    ),
    instead=(
        "Define the class in config, or give the one settings class a field for it. A group of settings may stand in a "
        "module of its own that config imports. What is no environment variable is a plain `BaseModel`."
    ),
    subjects=subjects,
    check=check,
    nothing="the target defines no settings class",
    configure='`[tool.conformance.roles] config = ["app.core.env"]` names the config module.',
    bad=(
        Example(
            "a service has settings of its own",
            """
--- app/config.py
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    region: str = "eu"
--- app/services/mail.py
from pydantic_settings import BaseSettings


class MailSettings(BaseSettings):  # expect: CF603
    mail_host: str = "localhost"
""",
        ),
        Example(
            "through a base class of the target",
            """
--- app/config.py
from pydantic_settings import BaseSettings


class FromEnvironment(BaseSettings):
    region: str = "eu"
--- app/worker/options.py
import app.config


class Options(app.config.FromEnvironment):  # expect: CF603
    jobs: int = 10
""",
        ),
    ),
    good=(
        Example(
            "several classes in config",
            """
--- app/config.py
from pydantic_settings import BaseSettings


class MailSettings(BaseSettings):
    host: str = "localhost"


class Settings(BaseSettings):
    mail: MailSettings = MailSettings()
""",
        ),
        Example(
            "a group that config imports",
            """
--- app/services/mail_options.py
from pydantic_settings import BaseSettings


class MailSettings(BaseSettings):
    host: str = "localhost"
--- app/config.py
from pydantic_settings import BaseSettings

from app.services.mail_options import MailSettings


class Settings(BaseSettings):
    mail: MailSettings = MailSettings()
""",
        ),
    ),
)
