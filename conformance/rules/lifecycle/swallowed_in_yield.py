"""LC210: an error that reaches a provider's yield goes on from there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from conformance.facts import code
from conformance.program import Program, Provider
from conformance.program.scopes import FunctionScope
from conformance.program.yields import Entered, Tried, YieldPoint, yield_points
from conformance.results import Violation
from conformance.rules.base import Example, Rule
from conformance.rules.lifecycle.common import own_providers, suppresses

INSTEAD = "end with `raise`, or raise another exception from it"


class ProviderYield(NamedTuple):
    """One yield of a provider."""

    provider: Provider
    function: FunctionScope
    point: YieldPoint


def subjects(program: Program) -> Iterator[ProviderYield]:
    """Each yield of each provider that the target defines."""
    for provider, function in own_providers(program):
        if function.node.is_generator:
            for point in yield_points(function):
                yield ProviderYield(provider, function, point)


def check(program: Program, subject: ProviderYield) -> Iterator[Violation]:
    """Report what stands around the yield and lets no error out."""
    provider, function, point = subject
    place = function.module.place
    for layer in point.around:
        match layer:
            case Tried(node=node, part="body"):
                for handler in node.handlers:
                    if program.flow.leaves_quietly(handler.body, function):
                        yield Violation(
                            place(handler),
                            f"provider `{provider.name}` catches {_caught(handler)} at its `yield` and does not "
                            "raise again on every path",
                            INSTEAD,
                            detail=f"{provider.name} {_caught(handler)}",
                        )
            case Entered(node=node) if any(suppresses(program, item.manager, function) for item in node.items):
                yield Violation(
                    place(node),
                    f"provider `{provider.name}` suppresses errors around its `yield`",
                    "let them out: FastAPI and the client must learn that the request failed",
                    detail=f"{provider.name} suppress",
                )
        if isinstance(layer, Tried) and layer.part != "finally":
            for inner in code.walk_scope(*layer.node.last):
                if isinstance(inner, code.Return):
                    yield Violation(
                        place(inner),
                        f"the `return` in a `finally` around the `yield` of provider `{provider.name}` drops the error",
                        "clean up in the `finally` and let its end be reached",
                        detail=f"{provider.name} return",
                    )


def _caught(handler: code.Handler) -> str:
    match handler.exception:
        case None:
            return "every exception"
        case code.Sequence(elements=elements):
            return ", ".join(f"`{code.dotted(element)}`" for element in elements)
        case exception:
            return f"`{code.dotted(exception)}`" if code.dotted(exception) else "exceptions"


RULE = Rule(
    id="LC210",
    name="swallowed-in-yield",
    source="PRD-012 §3",
    summary="A yield provider catches an exception around its yield and does not re-raise it.",
    why=(
        "FastAPI throws the error of a request into the provider. A handler that keeps it makes the failure vanish: "
        "the transaction is rolled back and the client is told that all went well, or gets a bare 500 without a cause."
    ),
    instead="Roll back and `raise`; or raise another exception `from` it.",
    subjects=subjects,
    check=check,
    nothing="no provider in the target that yields",
    bad=(
        Example(
            "rolled back and forgotten",
            """
--- app/deps/db.py
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(request.app.state.engine) as session:
        try:
            yield session
        except Exception:  # expect: LC210
            await session.rollback()


SessionDep = Annotated[AsyncSession, Depends(get_session)]
""",
        ),
        Example(
            "suppressed, and returned from a finally",
            """
--- app/deps/db.py
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session


def get_session(request: Request) -> Iterator[Session]:
    with Session(request.app.state.engine) as session:
        with suppress(ValueError):  # expect: LC210
            yield session


def get_other(request: Request) -> Iterator[Session]:
    session = Session(request.app.state.engine)
    try:
        yield session
    finally:
        session.close()
        return  # expect: LC210


SessionDep = Annotated[Session, Depends(get_session)]
OtherDep = Annotated[Session, Depends(get_other)]
""",
        ),
    ),
    good=(
        Example(
            "raised again, or raised as another",
            """
--- app/deps/db.py
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with AsyncSession(request.app.state.engine) as session:
        try:
            yield session
        except IntegrityError as error:
            raise HTTPException(409) from error
        except Exception:
            await session.rollback()
            raise


SessionDep = Annotated[AsyncSession, Depends(get_session)]
""",
        ),
    ),
)
