"""CK902: a suppression without a reason."""

from conformance.rules.base import Example, Rule, by_the_engine, no_subjects

RULE = Rule(
    id="CK902",
    name="suppression-without-reason",
    source="conformance",
    summary="a suppression comment without ` -- reason`",
    why=(
        "An exception to the architecture is a decision. Without its reason the next reader can neither agree with it "
        "nor tell when it may go."
    ),
    instead="say why after the rule: `# conformance: ignore[DI108] -- a flag for the load balancer`",
    subjects=no_subjects,
    check=by_the_engine,
    nothing="no suppression in the target",
    bad=(
        Example(
            "no reason",
            """\
--- app/routers/stats.py
from fastapi import APIRouter, Request

router = APIRouter()


@router.post("/warm")
async def warm(request: Request) -> None:
    request.app.state.warm = True  # conformance: ignore[DI108]   # expect: CK902
""",
        ),
    ),
    good=(
        Example(
            "a reason",
            """\
--- app/routers/stats.py
from fastapi import APIRouter, Request

router = APIRouter()


@router.post("/warm")
async def warm(request: Request) -> None:
    request.app.state.warm = True  # conformance: ignore[DI108] -- a flag for the load balancer, gone with v2
""",
        ),
    ),
    engine=True,
)
