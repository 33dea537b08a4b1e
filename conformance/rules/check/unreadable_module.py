"""CK903: a file that could not be read or parsed."""

from conformance.rules.base import Example, Rule, by_the_engine, no_subjects

RULE = Rule(
    id="CK903",
    name="unreadable-module",
    source="conformance",
    summary="a file that could not be read or parsed; the check is not complete, and the exit status is 2",
    why=(
        "What was not read was not checked. A gate that drops such a file and stays green lets through whatever "
        "stands in it."
    ),
    instead="correct the file, exclude it, or accept it by name with `accept-unreadable`",
    subjects=no_subjects,
    check=by_the_engine,
    nothing="no file in the target",
    bad=(
        Example(
            "a syntax error",
            """\
--- app/services/mail.py
def subject(name: str) -> str  # expect: CK903
    return f"Hello {name}"
""",
        ),
    ),
    good=(
        Example(
            "a file that Python can read",
            """\
--- app/services/mail.py
def subject(name: str) -> str:
    return f"Hello {name}"
""",
        ),
    ),
    configure='`accept-unreadable = ["app/legacy/py2.py"]` accepts files by name or glob; they are still reported',
    engine=True,
)
