"""What is a value, and what is a dependency."""

from __future__ import annotations

import pytest

from conformance.examples import program_from
from conformance.program.kinds import Kinds


@pytest.mark.parametrize(
    ("name", "is_value"),
    [
        ("crawl4ai.BrowserConfig", True),
        ("langchain_core.runnables.RunnableConfig", True),
        ("pendulum.Timezone", True),
        ("httpx.Timeout", True),
        ("builtins.dict", True),
        ("httpx.AsyncClient", False),
        ("acme.Mailer", False),
        ("pydantic_settings.BaseSettings", False),
    ],
)
def test_what_only_says_how_something_is_done_is_a_value(name: str, is_value: bool) -> None:
    assert Kinds(program_from({}).names).is_value(name) is is_value
