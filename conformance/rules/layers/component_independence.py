"""LY401: a component imports no other component."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.program import Program, Reach
from conformance.program.reaches import chain
from conformance.program.scopes import ModuleScope
from conformance.results import Violation
from conformance.rules.base import Example, Rule


def subjects(program: Program) -> Iterator[Reach]:
    """Each import of a component's module that leads to a module of the target."""
    for module in program.with_role("components"):
        if not module.is_test:
            yield from program.reaches(module)


def check(program: Program, reach: Reach) -> Iterator[Violation]:
    """Report what leads to another component: directly, or to what is re-exported from there."""
    goal = other_component(program, reach)
    if goal is None:
        return
    if reach.start is not None and is_foreign(program, reach.importer, reach.start):
        return
    own, other = program.component(reach.importer), program.component(goal)
    behind = f" from `{goal.name}`" if goal is not reach.module else ""
    yield Violation(
        reach.place,
        f"the component `{own}` {reach.verb} `{reach.qualified}`{behind}: another component, `{other}`",
        "move what both need to a service or to core, or declare what others may import in `gateways`",
        detail=f"{reach.importer.name} {reach.qualified}",
        trail=chain(program, reach.module, goal),
    )


def other_component(program: Program, reach: Reach) -> ModuleScope | None:
    """Return the module of another component that is reached; what stands behind a gateway is not looked at."""
    if reach.module.has_role("gateways"):
        return None
    return next((m for m in reach.modules if is_foreign(program, reach.importer, m)), None)


def is_foreign(program: Program, importer: ModuleScope, module: ModuleScope) -> bool:
    """Return whether a module is of another component, and no gateway."""
    return program.component(module) not in {"", program.component(importer)} and not module.has_role("gateways")


RULE = Rule(
    id="LY401",
    name="component-independence",
    source="Integration Patterns, Cross-Component Patterns; Container Boundaries",
    summary="A module of one component imports a module of another.",
    why=(
        "Each component runs in a container of its own and is started, scaled and released by itself. An import from "
        "one to another puts the code, the dependencies and the start-up of both into both, and the order of their "
        "changes is no longer free. What they share are services, core and the names of jobs."
    ),
    instead=(
        "Call a service from both; enqueue a job by its name. Where one component has a door for the others, such as "
        "the pools of the worker, declare that module a gateway."
    ),
    subjects=subjects,
    check=check,
    nothing="no component of the target imports anything of the target",
    configure=(
        '`gateways = ["app.components.worker.pools"]` names modules that any component may import; the profile '
        "`aegis` has `*.components.worker.pools`. `roles.components` names the components where they lie elsewhere."
    ),
    bad=(
        Example(
            "the API imports a task of the worker",
            """
--- app/components/worker/tasks/reports.py
async def generate_report(ctx: dict, user_id: int) -> str:
    return f"report {user_id}"
--- app/components/backend/api/reports.py
from fastapi import APIRouter

from app.components.worker.tasks.reports import generate_report  # expect: LY401

router = APIRouter()


@router.post("/reports/{user_id}")
async def report(user_id: int) -> str:
    return await generate_report({}, user_id)
""",
        ),
        Example(
            "relative, as an attribute path, and through the package of the components",
            """
--- app/components/__init__.py
from app.components.worker.limits import ROUNDS
--- app/components/worker/limits.py
ROUNDS = 3
--- app/components/backend/limits.py
from ..worker import limits  # expect: LY401
--- app/components/frontend/pages.py
import app.core.text

from app.components import ROUNDS  # expect: LY401

TITLE = app.core.text.TITLE
--- app/components/scheduler.py
import app

LIMIT = app.components.worker.limits.ROUNDS  # expect: LY401
--- app/core/text.py
TITLE = "status"
""",
        ),
    ),
    good=(
        Example(
            "services, core and the component itself",
            """
--- app/services/cleanup.py
async def clean() -> int:
    return 0
--- app/components/worker/limits.py
ROUNDS = 3
--- app/components/worker/tasks.py
from app.components.worker.limits import ROUNDS
from app.services.cleanup import clean


async def clean_often(ctx: dict) -> None:
    for _ in range(ROUNDS):
        await clean()
--- app/components/scheduler.py
from app.services.cleanup import clean

JOBS = (clean,)
""",
        ),
        Example(
            "a relative import that stays within the component",
            """
--- app/components/worker/registry.py
QUEUES = ("system", "load")
--- app/components/worker/tasks/load.py
from .. import registry


async def burn(ctx: dict) -> int:
    return len(registry.QUEUES)
""",
        ),
    ),
)
