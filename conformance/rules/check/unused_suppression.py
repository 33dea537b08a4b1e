"""CK901: a suppression that suppresses nothing."""

from conformance.rules.base import Example, Rule, by_the_engine, no_subjects

RULE = Rule(
    id="CK901",
    name="unused-suppression",
    source="conformance",
    summary="a suppression comment or a configured ignore that matches no finding",
    why=(
        "A suppression that outlives its finding is a hole: the next violation on that line, or in that file, passes "
        "unseen. The same goes for one that names a rule that does not exist."
    ),
    instead="delete the suppression, or correct the name of the rule",
    subjects=no_subjects,
    check=by_the_engine,
    nothing="no suppression in the target",
    bad=(
        Example(
            "a comment on a line that breaks no rule",
            """\
--- app/services/mail.py
def subject(name: str) -> str:
    return f"Hello {name}"  # conformance: ignore[DI103] -- the client is built on demand   # expect: CK901
""",
        ),
        Example(
            "a rule that does not exist",
            """\
--- app/services/mail.py
# conformance: ignore[no-such-rule] -- a typing mistake   # expect: CK901
def subject(name: str) -> str:
    return f"Hello {name}"
""",
        ),
    ),
    good=(
        Example(
            "a comment that matches a finding",
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
