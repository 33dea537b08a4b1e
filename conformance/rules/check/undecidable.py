"""CK904: something that a rule could say nothing about."""

from conformance.results import Severity
from conformance.rules.base import Example, Rule, by_the_engine, no_subjects

RULE = Rule(
    id="CK904",
    name="undecidable",
    source="conformance",
    summary="a rule met a name or value that is computed, and can say nothing about it",
    why=(
        "A rule that cannot see what a name stands for can neither accuse nor acquit. Saying so keeps a silent gap "
        "from looking like a pass."
    ),
    instead="write the name out, or suppress the line with what a reader should know",
    subjects=no_subjects,
    check=by_the_engine,
    nothing="no rule was run",
    bad=(
        Example(
            "the lifespan writes keys that are computed, so that LC207 cannot know whether `cache` is set",
            """\
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    for name, value in app.extra.items():
        setattr(app.state, name, value)
    yield
--- app/main.py
from fastapi import FastAPI

from app.lifespan import lifespan

app = FastAPI(lifespan=lifespan)
--- app/deps/cache.py
from fastapi import Request


def get_cache(request: Request):
    return request.app.state.cache  # expect: CK904
""",
        ),
    ),
    good=(
        Example(
            "the key is written out",
            """\
--- app/lifespan.py
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.cache = {}
    yield
""",
        ),
    ),
    severity=Severity.ADVICE,
    engine=True,
)
