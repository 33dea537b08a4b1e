"""No door runs a line of the target: each is opened under an audit hook that tells of all that could be running it.

Every file of the target that Python would run of itself, or when asked, leaves a mark. The hook tells of imports of
target modules, code of theirs that is executed, processes, connections, and whatever is written anywhere.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from conformance.cli import CHECKLISTS, COMMANDS, FORMATS
from tests.kit import lay_out

ROOT = Path(__file__).parent.parent

MARK = "import os; open(os.path.join(os.environ['MARKS'], os.path.basename(__file__)), 'w').close()\n"

SHADOWS = (
    "argparse.py", "ast.py", "difflib.py", "fnmatch.py", "hashlib.py", "inspect.py", "json.py", "subprocess.py",
    "tempfile.py", "tomllib.py", "grimp/__init__.py", "pathspec/__init__.py", "pluggy/__init__.py",
)  # fmt: skip
"""What the tool itself imports by these names is not the target's."""

TARGET = {
    name: f"{MARK}{text}"
    for name, text in {
        "app/__init__.py": "",
        "app/main.py": (
            "from fastapi import FastAPI\nfrom app.lifespan import lifespan\nfrom app.routes import router\n"
            "app = FastAPI(lifespan=lifespan)\napp.include_router(router)\n"
        ),
        "app/lifespan.py": (
            "from contextlib import asynccontextmanager\nfrom arq import create_pool\n"
            "@asynccontextmanager\nasync def lifespan(app):\n    app.state.redis = await create_pool()\n    yield\n"
        ),
        "app/deps/__init__.py": "from app.deps.redis import RedisDep\n__all__ = ['RedisDep', *['x'].__add__([])]\n",
        "app/deps/redis.py": (
            "from typing import Annotated\nfrom arq import ArqRedis\nfrom fastapi import Depends, Request\n"
            "def get_redis(request: Request) -> ArqRedis | None:\n"
            "    return getattr(request.app.state, 'redis', None)\n"
            "RedisDep = Annotated['__import__(\"app.main\").main', Depends(get_redis)]\n"
        ),
        "app/routes.py": (
            "from fastapi import APIRouter\nfrom app.deps.redis import RedisDep\nrouter = APIRouter()\n"
            "@router.get('/' + str(print('ran')))\nasync def read(redis: RedisDep):\n"
            "    redis.app.state.x = 1\n    return eval('1')\n"
        ),
        "app/services/__init__.py": "",
        "app/services/plugins.py": "import importlib\nfound = importlib.import_module('app.' + 'main')\n",
        "app/tasks.py": "async def work(ctx: dict) -> None:\n    ctx['made'] = 1\n",
        "app/worker.py": "from app.tasks import work\nclass WorkerSettings:\n    functions = [work, 'app.tasks.x']\n",
        "app/constants.py": "TABLE = {**dict(a=1)}\nexec('TABLE = 2')\n",
        "app/config.py": "import os\nURL = os.environ['URL']\n",
        "tests/conftest.py": "",
        "tests/test_app.py": "from app.main import app\ndef test_it():\n    app.dependency_overrides[work] = 1\n",
        "conftest.py": "",
        "setup.py": "from setuptools import setup\nsetup()\n",
        "sitecustomize.py": "",
        "usercustomize.py": "",
        "manage.py": "",
        "__init__.py": "",
        **dict.fromkeys(SHADOWS, ""),
    }.items()
}
TARGET |= {
    "target.pth": f"import os; exec({MARK.replace('__file__', repr('target.pth'))!r})\n",
    "pyproject.toml": "[tool.conformance]\nignore = []\n[tool.pytest.ini_options]\naddopts = '-p app.main'\n",
    "conformance.toml": "ignore = []\n",
    "pytest.ini": "[pytest]\naddopts = -p app.main\n",
}

WATCH = """\
import json, os, sys

HEAD = '>>> '
TARGET, ALLOWED, WAY = sys.argv[1], sys.argv[2], sys.argv[3]
SHADOWS = {'grimp', 'pathspec', 'pluggy', *sys.stdlib_module_names}
LOCAL = {name.removesuffix('.py') for name in os.listdir(TARGET)} - SHADOWS
seen = []
PROCESSES = {'os.system', 'os.exec', 'os.posix_spawn', 'os.fork', 'os.forkpty', 'os.startfile', 'subprocess.Popen'}
CHANGES = {'os.mkdir', 'os.rename', 'os.remove', 'os.rmdir', 'os.link', 'os.symlink', 'os.chmod', 'os.chown',
           'os.truncate', 'os.utime', 'os.setxattr', 'shutil.rmtree', 'shutil.move', 'shutil.copyfile'}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def of_target(name):
    return isinstance(name, str) and os.path.isabs(name) and os.path.realpath(name).startswith(TARGET + os.sep)


def allowed(path, folder=-1):
    path = os.fsdecode(path) if isinstance(path, (str, bytes)) else ''
    if folder != -1:
        path = os.path.join(os.readlink(f'/proc/self/fd/{folder}'), path)
    folders = ALLOWED + os.sep, os.path.join(TARGET, '.conformance_cache') + os.sep
    return not path or path == os.devnull or (os.path.realpath(path) + os.sep).startswith(folders)


def watch(event, args):
    if event == 'import':
        wrong = args[0].partition('.')[0] in LOCAL or of_target(args[1])
    elif event == 'exec':
        asking = sys._getframe(1).f_code.co_filename
        wrong = of_target(args[0].co_filename) or os.sep + 'conformance' + os.sep in asking
    elif event == 'open':
        wrong = isinstance(args[2], int) and bool(args[2] & WRITING) and not allowed(args[0])
    elif event == 'compile':
        asking = sys._getframe(1)
        wrong = os.sep + 'conformance' + os.sep in asking.f_code.co_filename or of_target(args[1])
    elif event in ('os.remove', 'os.rmdir', 'os.mkdir'):
        wrong = not allowed(args[0], args[-1])
    elif event in CHANGES:
        wrong = not allowed(args[0])
    else:
        wrong = event in PROCESSES or event in ('socket.connect', 'socket.bind', 'socket.getaddrinfo')
    if wrong:
        seen.append(f'{event} {args!r}'[:300])


if WAY == 'cli':
    from conformance.cli import main as door
elif WAY == 'pytest':
    from pytest import main as door
elif WAY == 'import-linter':
    from importlinter.cli import lint_imports as lint
    def door(arguments):
        return lint(config_filename=arguments[0], no_cache=True)
elif WAY == 'architecture':
    def door(arguments):
        from conformance.architecture import Architecture
        Architecture.of(*arguments)
else:
    def door(arguments):
        sys.path.insert(0, TARGET)
        exec(compile(open(os.path.join(TARGET, 'manage.py')).read(), os.path.join(TARGET, 'manage.py'), 'exec'), {
            '__file__': os.path.join(TARGET, 'manage.py')})
        import app.services

sys.addaudithook(watch)
for arguments in json.loads(sys.argv[4]):
    seen.clear()
    print(HEAD + ' '.join(arguments), flush=True)
    try:
        status = door(arguments)
    except SystemExit as error:
        status = error.code
    done = list(seen)
    print(f'\\nSTATUS {status and int(status)}')
    for each in done:
        print(f'SEEN {each}', flush=True)
"""


@dataclass(frozen=True, slots=True)
class Opened:
    """What opening a door has printed, and what the hook saw meanwhile."""

    printed: str
    seen: list[str]


class Doors:
    """The target, and a way to open each door of the tool on it."""

    def __init__(self, folder: Path) -> None:
        self.target = lay_out(folder / "target", TARGET).resolve()
        self.marks = folder / "marks"
        self.cache = folder / "cache"
        self.elsewhere = folder / "elsewhere"
        for made in (self.marks, self.cache, self.elsewhere):
            made.mkdir()
        self.script = folder / "watched" / "door.py"
        lay_out(folder, {"watched/door.py": WATCH})

    def environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if name not in {"CI", "PYTEST_ADDOPTS"}},
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "MARKS": str(self.marks),
            "XDG_CACHE_HOME": str(self.cache.resolve()),
            "TMPDIR": str(self.cache.resolve()),
        }

    def open(self, way: str, *several: list[str], cwd: Path | None = None) -> dict[str, Opened]:
        """Open a door with these arguments, one list after the other in one process."""
        folders = [str(self.target), str(self.cache.resolve())]
        done = subprocess.run(
            [sys.executable, str(self.script), *folders, way, json.dumps(several)],
            cwd=cwd or self.target, env=self.environment(), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.stdout.count("\nSTATUS ") == len(several), done.stdout + done.stderr
        opened = {}
        for part in f"\n{done.stdout}".split("\n>>> ")[1:]:
            seen = [line.removeprefix("SEEN ") for line in part.splitlines() if line.startswith("SEEN ")]
            opened[part.partition("\n")[0]] = Opened(part, seen)
        return opened

    def marked(self) -> list[str]:
        return sorted(path.name for path in self.marks.iterdir())


@pytest.fixture
def doors(tmp_path: Path) -> Doors:
    return Doors(tmp_path)


ARGUMENTS = {"rule": ["DI101"], "docs": []}
WRITING = [["baseline"], ["init"]]
READING = [
    *(["check", "--select", "ALL", "--no-cache", "--output-format", name, "."] for name in FORMATS),
    ["check", "--select", "ALL", "app/main.py", "app"],
    *[["check", "app"]] * 2,
    *(["checklist", "--format", name] for name in CHECKLISTS),
    *([name, *ARGUMENTS.get(name, ["."])] for name in COMMANDS if name not in {"check", "baseline", "init", "fleet"}),
]


def test_the_hook_sees_what_is_executed(doors: Doors) -> None:
    opened = doors.open("control", [])[""]

    assert {event.partition(" ")[0] for event in opened.seen} == {"import", "compile", "exec", "open"}
    assert doors.marked() == ["__init__.py", "manage.py"]


def test_no_command_executes_anything_of_the_target(doors: Doors) -> None:
    opened = doors.open("cli", *READING)

    assert {way: done.seen for way, done in opened.items() if done.seen} == {}
    assert doors.marked() == []
    assert {"STATUS 1" in done.printed for way, done in opened.items() if way.startswith("check ")} == {True}
    assert "DI101" in opened["check --select ALL --no-cache --output-format full ."].printed


def test_the_commands_that_write_write_beside_what_they_read_and_execute_nothing(doors: Doors) -> None:
    before = set(doors.target.rglob("*"))

    opened = doors.open("cli", *WRITING)

    others = [event for done in opened.values() for event in done.seen if not event.startswith(("open ", "os.rename "))]
    assert others == []
    assert doors.marked() == []
    assert {path.name for path in set(doors.target.rglob("*")) - before} <= {"conformance-baseline.json"}


def test_the_items_of_the_pytest_plugin_execute_nothing_of_the_target(doors: Doors) -> None:
    lay_out(doors.elsewhere, {"pytest.ini": "[pytest]\naddopts = -p no:cacheprovider\n"})
    arguments = ["-rf", f"--conformance-target={doors.target}"]

    opened = doors.open("pytest", arguments, cwd=doors.elsewhere)[" ".join(arguments)]

    assert "FAILED conformance::DI101 nullable-provider" in opened.printed
    assert opened.seen == []
    assert doors.marked() == []


def test_the_architecture_of_a_teams_own_rules_executes_nothing_of_the_target(doors: Doors) -> None:
    opened = doors.open("architecture", [str(doors.target)])

    assert [done.seen for done in opened.values()] == [[]]
    assert doors.marked() == []


def test_the_contracts_execute_nothing_of_the_target(doors: Doors) -> None:
    types = {"deps_facade": "DepsFacade", "state_writer": "StateWriter", "ctx_writer": "ContextWriter"}
    head = "".join(f"    {name}: conformance.contracts.{cls}\n" for name, cls in types.items())
    contracts = "".join(
        f"[importlinter:contract:{name}]\nname = {name}\ntype = {name}\npackages =\n    app\n    app.services\n"
        for name in types
    )
    lay_out(doors.target, {"lint.ini": f"[importlinter]\nroot_package = app\ncontract_types =\n{head}{contracts}"})
    for shadow in SHADOWS:  # import-linter itself has the current folder imported from first
        (doors.target / shadow).unlink()

    opened = doors.open("import-linter", ["lint.ini"])["lint.ini"]

    assert "ctx_writer BROKEN" in opened.printed
    assert opened.seen == []
    assert doors.marked() == []


def test_a_module_of_the_target_never_stands_in_for_one_of_the_tools(doors: Doors) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "check", "."],
        cwd=doors.target, env=doors.environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert doors.marked() == []
    assert "DI101" in done.stdout
    assert done.returncode == 1, done.stderr


def test_a_fleet_executes_nothing_of_its_checkouts(doors: Doors) -> None:
    lay_out(doors.elsewhere, {"fleet.txt": str(doors.target)})
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "fleet", str(doors.elsewhere / "fleet.txt"), "--no-cache"],
        cwd=doors.target, env=doors.environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert doors.marked() == []
    assert "DI101" in done.stdout, done.stderr


# --- git -----------------------------------------------------------------------------------------------------------

TRICKS = (
    "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.gitProxy", "core.alternateRefsCommand",
    "core.askPass", "credential.helper", "diff.external", "diff.t.command", "diff.t.textconv", "filter.t.clean",
    "filter.t.smudge", "filter.t.process", "merge.t.driver", "gpg.program", "tar.tar.command", "alias.diff",
    "interactive.diffFilter", "sequence.editor", "uploadpack.packObjectsHook", "remote.origin.uploadpack",
)  # fmt: skip
"""Settings of a repository that name a program; the words after `t` are found by way of `.gitattributes`."""


def git(folder: Path, *arguments: str) -> str:
    names = ["-c", "user.name=n", "-c", "user.email=e@x"]
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    done = subprocess.run(
        ["git", "-C", str(folder), *names, *arguments], capture_output=True, text=True, check=False, env=environment
    )
    return done.stdout


@pytest.fixture
def repository(doors: Doors) -> Path:
    """The target as a repository, one file of which has changed, and which asks git to run programs of its own."""
    attributes = "*.py filter=t diff=t merge=t export-subst\n"
    lay_out(doors.target, {".gitattributes": attributes})
    git(doors.target, "init", "-q")
    git(doors.target, "add", ".")
    git(doors.target, "commit", "-qm", "x")
    hooks = doors.target / ".git" / "hooks"
    for hook in ("post-index-change", "post-checkout", "fsmonitor-watchman", "reference-transaction", "pre-auto-gc"):
        (hooks / hook).write_text(f"#!/bin/sh\ntouch {doors.marks}/hook-{hook}\n")
        (hooks / hook).chmod(0o755)
    for setting in TRICKS:
        program = f"touch {doors.marks}/{setting}; cat"
        git(doors.target, "config", setting, f"!{program}" if setting.startswith("alias") else program)
    routes = doors.target / "app" / "routes.py"
    routes.write_text(
        routes.read_text()
        + "from fastapi import Request\ndef late(request: Request):\n    request.app.state.late = 1\n"
    )
    return doors.target


def test_the_repository_runs_programs_of_its_own_where_git_is_asked_plainly(doors: Doors, repository: Path) -> None:
    git(repository, "diff", "HEAD")
    git(repository, "archive", "--format=tar", "HEAD")
    git(repository, "-c", "filter.t.process=", "add", ".")

    marks = doors.marked()

    assert {"core.fsmonitor", "diff.t.command", "filter.t.process", "hook-post-index-change"} <= set(marks)


def test_a_change_is_told_and_no_program_of_the_repository_is_run(doors: Doors, repository: Path) -> None:
    checking = ["check", "--diff", "HEAD", "--select", "DI108", "--output-format", "concise", "."]
    listing = ["checklist", "--diff", "HEAD", "--format", "json", "."]

    opened = doors.open("cli", checking, listing)

    others = [
        event for done in opened.values() for event in done.seen if not event.startswith("subprocess.Popen ('git'")
    ]
    assert others == []
    assert doors.marked() == []
    shown = [line for line in opened[" ".join(checking)].printed.splitlines() if ": DI108 " in line]
    assert [line.partition(": ")[0] for line in shown] == ["app/routes.py:11:5"]


def test_an_object_that_is_promised_is_not_fetched(doors: Doors, repository: Path) -> None:
    for name, value in {
        "remote.origin.url": f"ext::sh -c touch% {doors.marks}/fetched",
        "remote.origin.promisor": "true",
        "remote.origin.partialclonefilter": "blob:none",
        "extensions.partialClone": "origin",
        "core.repositoryFormatVersion": "1",
        "protocol.ext.allow": "always",
    }.items():
        git(repository, "config", name, value)
    blob = git(repository, "rev-parse", "HEAD:app/main.py").strip()
    (repository / ".git" / "objects" / blob[:2] / blob[2:]).unlink()

    checking = ["check", "--diff", "HEAD", "."]
    opened = doors.open("cli", checking)[" ".join(checking)]

    assert doors.marked() == []
    assert "STATUS 2" in opened.printed
    git(repository, "cat-file", "-p", blob)
    assert "fetched" in doors.marked()
