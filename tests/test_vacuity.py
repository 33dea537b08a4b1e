"""Green is said of what was looked at: whatever was not looked at shows in every output, and in the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance import baseline
from conformance.cli import CHECKLISTS, FORMATS, MAPS, main
from tests.kit import lay_out

pytest_plugins = ["pytester"]

APP = {
    "app/__init__.py": "",
    "app/main.py": "from fastapi import FastAPI\n\nfrom app.api import router\nfrom app.lifespan import lifespan\n\n"
    "app = FastAPI(lifespan=lifespan)\napp.include_router(router)\n",
    "app/lifespan.py": "from contextlib import asynccontextmanager\n\nfrom arq import create_pool\n\n\n"
    "@asynccontextmanager\nasync def lifespan(app):\n    app.state.redis = await create_pool()\n    yield\n"
    "    await app.state.redis.aclose()\n",
    "app/deps/__init__.py": "from app.deps.redis import RedisDep\n\n__all__ = ['RedisDep']\n",
    "app/deps/redis.py": "from typing import Annotated\n\nfrom arq import ArqRedis\n"
    "from fastapi import Depends, Request\n\n\ndef get_redis(request: Request) -> ArqRedis:\n"
    "    return request.app.state.redis\n\n\nRedisDep = Annotated[ArqRedis, Depends(get_redis)]\n",
    "app/api.py": "from fastapi import APIRouter\nfrom pydantic import BaseModel\n\nfrom app.deps import RedisDep\n\n"
    "router = APIRouter()\n\n\nclass Answer(BaseModel):\n    text: str\n\n\n@router.get('/')\n"
    "async def root(redis: RedisDep) -> Answer:\n    return Answer(text=str(redis))\n",
}
RECORD = json.dumps(
    {
        "schema": baseline.SCHEMA,
        "findings": [
            {"rule": "DI108", "module": "app.gone", "symbol": "", "message": "it was written", "fingerprint": "0" * 20}
        ],
    }
)

KINDS: dict[str, tuple[dict[str, str], str, int]] = {
    "a role's pattern that matches nothing": (
        {"conformance.toml": "[roles]\ndeps = ['app.depz']\n"},
        "`app.depz` in `roles.deps` matches no module",
        2,
    ),
    "a root package that is not there": (
        {"conformance.toml": "root-packages = ['app', 'gone']\n"},
        "`gone` in `root-packages` matches no module",
        2,
    ),
    "a required rule without subjects": (
        {"conformance.toml": "required = ['WK301']\n"},
        "WK301 is required, and had nothing to look at",
        1,
    ),
    "a module without a role": (
        {"app/odd.py": "import re\n\nX = re.compile('x')\n"},
        "1 module has no role, so that neither a rule about roles nor a contract looks at them: app.odd",
        0,
    ),
    "a module without a role, strictly": (
        {"app/odd.py": "import re\n\nX = re.compile('x')\n", "conformance.toml": "strict = true\n"},
        "has no role, so that neither a rule about roles nor a contract looks at it: give it a role under `roles`",
        2,
    ),
    "an unreadable file": ({"app/bad.py": "x = 1\ndef f(:\n"}, "app/bad.py:2", 2),
    "an unused suppression": (
        {"app/api.py": APP["app/api.py"].replace("router = A", "# conformance: ignore[DI108] -- why\nrouter = A")},
        "the suppression matches no finding of DI108",
        1,
    ),
    "an ignore that is of no use": (
        {"conformance.toml": "ignore = ['DI108']\n"},
        "`DI108` in `ignore` matches no finding",
        1,
    ),
    "a recorded finding that is gone": ({baseline.DEFAULT: RECORD}, "1 recorded finding is gone", 0),
    "a recorded finding that is gone, strictly": (
        {baseline.DEFAULT: RECORD, "conformance.toml": "strict = true\n"},
        "1 recorded finding is gone",
        2,
    ),
    "a record that is not there": ({"conformance.toml": "baseline = 'known.json'\n"}, "there is no such record", 2),
    "nothing recognised": (
        {"conformance.toml": "exclude = ['app']\n", "other.py": "import re\n"},
        "nothing was recognised in 1 file",
        2,
    ),
}
"""What is not looked at: the files that make it so, what is said of it, and the exit status of `check`."""


def plain(text: str) -> str:
    """Return a report without what its format makes of backticks, ends of lines and quotation marks."""
    for escaped, meant in (("\\n", " "), ("&#96;", "`"), ("%60", "`"), ("%0A", " "), ("\\u0060", "`")):
        text = text.replace(escaped, meant)
    return " ".join(text.split())


def told(text: str, words: str) -> bool:
    """Return whether a report says the words; a place may be said apart from them."""
    path, colon, line = words.partition(":")
    if colon and line.isdigit():
        return path in text and (f"{path}:{line}" in text or "line" in text.casefold())
    return words in plain(text)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", FORMATS)
def test_what_was_not_looked_at_shows_in_every_format(
    form: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files, words, status = KINDS[kind]
    monkeypatch.chdir(lay_out(tmp_path, {**APP, **files}))

    done = main(["check", "--no-cache", "--output-format", form])

    assert told(capsys.readouterr().out, words)
    assert done == status


@pytest.mark.parametrize("form", FORMATS)
def test_a_rule_without_subjects_shows_in_every_format(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(lay_out(tmp_path, APP))

    assert main(["check", "--no-cache", "--select", "WK301", "--output-format", form]) == 0

    text = capsys.readouterr().out
    assert "WK301" in text
    assert "not applicable" in text or "not-applicable" in text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "command",
    [*(["checklist", "--format", name] for name in CHECKLISTS), *(["map", "--format", name] for name in MAPS)],
    ids="-".join,
)
def test_the_checklist_and_the_map_tell_it_beside_themselves(
    command: list[str], kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files, words, status = KINDS[kind]
    monkeypatch.chdir(lay_out(tmp_path, {**APP, **files}))

    done = main(command)

    printed = capsys.readouterr()
    if kind != "a required rule without subjects":  # the checklist says it of the statement
        assert told(printed.err, words)
    assert done == (2 if status == 2 else 0)


@pytest.mark.parametrize("kind", KINDS)
def test_pytest_tells_it(kind: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    files, words, status = KINDS[kind]
    lay_out(pytester.path, {**APP, **files})

    done = pytester.runpytest("--conformance", "-p", "no:cacheprovider", "-rfEs")

    assert told(done.stdout.str() + done.stderr.str(), words)
    assert (done.ret == 0) == (status == 0)


def test_strictly_what_is_gone_fails_until_it_is_taken_from_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    odd = {"app/odd.py": "import re\n\nX = re.compile('x')\n"}
    monkeypatch.chdir(lay_out(tmp_path, {**APP, **odd, baseline.DEFAULT: RECORD}))

    statuses = [
        main(["check", "--no-cache"]),
        main(["check", "--no-cache", "--config", "strict=true"]),
        main(["baseline", "--prune", "--config", "strict=true"]),
        main(["check", "--no-cache", "--config", "strict=true", "--config", "roles.core=['app.odd']"]),
        main(["check", "--no-cache", "app/odd.py", "--config", "strict=true"]),
    ]

    assert statuses == [0, 2, 0, 0, 0], capsys.readouterr().out
