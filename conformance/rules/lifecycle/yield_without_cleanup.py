"""LC206: a provider closes the session that it yields, whatever happens."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.facts import code
from conformance.program import Construction, Program, Provider
from conformance.program.scopes import FunctionScope
from conformance.program.yields import YieldPoint, yield_points
from conformance.results import Violation
from conformance.rules.base import Example, Rule
from conformance.rules.lifecycle.common import own_providers


def subjects(program: Program) -> Iterator[tuple[Provider, FunctionScope]]:
    """Each provider of the target that yields."""
    return ((p, f) for p, f in own_providers(program) if f.node.is_generator)


def check(program: Program, subject: tuple[Provider, FunctionScope]) -> Iterator[Violation]:
    """Report the first yield during which a session of the provider's own is not sure to be closed."""
    provider, function = subject
    made = [c for c in program.resources.in_scope(function) if c.resource.scope == "request" and c.resource.exact]
    if not made:
        return
    for point in yield_points(function):
        for construction in made:
            if _is_open(construction, point) and not _is_closed(program, construction, point, function):
                yield Violation(
                    function.module.place(point.node),
                    f"provider `{provider.name}` makes a {construction.resource.kind} that an error at this `yield` "
                    "leaves open",
                    "open it with `async with` (or `with`) around the `yield`, or close it in a `finally`",
                    detail=f"{provider.name} {construction.name}",
                )
                return


def _is_open(construction: Construction, point: YieldPoint) -> bool:
    """Whether it is made before the yield, or in what is yielded."""
    return construction.call.span[:2] < point.node.span[2:]


def _is_closed(program: Program, construction: Construction, point: YieldPoint, function: FunctionScope) -> bool:
    managers = tuple(point.managers)
    for manager in managers:
        if any(site.call is construction.call for site in program.origins.of(manager, function)):
            return True
    releases = program.releases.released_in((*managers, *point.last), function)
    makers = program.origins.of(construction.call.function, function)  # `Session.remove()` of a scoped session
    if any(release.of(call) for release in releases for call in (construction.call, *(m.call for m in makers))):
        return True
    for release in program.releases.in_visits(program.releases.visits((function,))):
        if release.of(construction.call):
            if release.entered and isinstance(release.node, code.Call):
                return True  # an exit stack
            if release.at.span[2:] <= point.node.span[:2] and not isinstance(release.node, code.WithItem):
                return True
    return _left_before(program, construction, point, function)


def _left_before(program: Program, construction: Construction, point: YieldPoint, function: FunctionScope) -> bool:
    """Whether a with statement that ends before the yield has closed it."""
    for node in function.nodes:
        if isinstance(node, code.With) and node.span[2:] <= point.node.span[:2]:
            for item in node.items:
                if any(site.call is construction.call for site in program.origins.of(item.manager, function)):
                    return True
    return False


RULE = Rule(
    id="LC206",
    name="yield-without-cleanup",
    source="PRD-012 §4 rule 2",
    summary="A yield provider constructs a session that an error at the yield leaves open.",
    why=(
        "FastAPI throws the error of a failing request into the provider at its `yield`. What simply follows the "
        "`yield` does not run then, so the session stays open exactly when its transaction ought to be rolled back."
    ),
    instead="Open the session with `async with` around the `yield`, or close it in `try: yield finally: …`.",
    subjects=subjects,
    check=check,
    nothing="no provider in the target that yields",
    bad=(
        Example(
            "closed after a bare yield",
            """
--- app/deps/db.py
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Iterator[Session]:
    session = Session(request.app.state.engine)
    yield session  # expect: LC206
    session.close()


SessionDep = Annotated[Session, Depends(get_session)]
""",
        ),
        Example(
            "a transaction is no session: begin() does not close",
            """
--- app/deps/db.py
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    session = AsyncSession(request.app.state.engine)
    async with session.begin():
        yield session  # expect: LC206


SessionDep = Annotated[AsyncSession, Depends(get_session)]
""",
        ),
    ),
    good=(
        Example(
            "with and finally",
            """
--- app/deps/db.py
from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(request.app.state.engine) as session:
        yield session


def _done(session: Session) -> None:
    session.close()


def get_old_session(request: Request) -> Iterator[Session]:
    session = Session(request.app.state.old_engine)
    try:
        yield session
    finally:
        _done(session)


SessionDep = Annotated[AsyncSession, Depends(get_session)]
OldSessionDep = Annotated[Session, Depends(get_old_session)]
""",
        ),
    ),
)
