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

SHADOWS = ("argparse.py", "difflib.py", "grimp.py", "pathspec.py")
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
    "pytest.ini": "[pytest]\naddopts = -p app.main\n",
}

WATCH = """\
import json, os, sys

HEAD = '>>> '
TARGET, ALLOWED, WAY = sys.argv[1], sys.argv[2], sys.argv[3]
LOCAL = {name.removesuffix('.py') for name in os.listdir(TARGET)} - {'argparse', 'difflib', 'grimp', 'pathspec'}
seen = []
PROCESSES = {'os.system', 'os.exec', 'os.posix_spawn', 'os.fork', 'os.forkpty', 'os.startfile', 'subprocess.Popen'}
CHANGES = {'os.mkdir', 'os.rename', 'os.remove', 'os.rmdir', 'os.link', 'os.symlink', 'os.chmod', 'os.chown',
           'os.truncate', 'os.utime', 'os.setxattr', 'shutil.rmtree', 'shutil.move', 'shutil.copyfile'}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def of_target(name):
    return isinstance(name, str) and os.path.isabs(name) and os.path.realpath(name).startswith(TARGET + os.sep)


def allowed(path):
    path = os.fsdecode(path) if isinstance(path, (str, bytes)) else ''
    return not path or path == os.devnull or (os.path.realpath(path) + os.sep).startswith(ALLOWED + os.sep)


def watch(event, args):
    if event == 'import':
        wrong = args[0].partition('.')[0] in LOCAL or of_target(args[1])
    elif event == 'exec':
        asking = sys._getframe(1).f_code.co_filename
        wrong = of_target(args[0].co_filename) or os.sep + 'conformance' + os.sep in asking
    elif event == 'open':
        wrong = isinstance(args[2], int) and bool(args[2] & WRITING) and not allowed(args[0])
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
    *(["check", "--select", "ALL", "--output-format", name, "."] for name in FORMATS),
    ["check", "--select", "ALL", "app/main.py", "app"],
    ["check", "app"],
    *(["checklist", "--format", name] for name in CHECKLISTS),
    *([name, *ARGUMENTS.get(name, ["."])] for name in COMMANDS if name not in {"check", "baseline", "init"}),
]


def test_the_hook_sees_what_is_executed(doors: Doors) -> None:
    opened = doors.open("control", [])[""]

    assert {event.partition(" ")[0] for event in opened.seen} == {"import", "exec", "open"}
    assert doors.marked() == ["__init__.py", "manage.py"]


def test_no_command_executes_anything_of_the_target(doors: Doors) -> None:
    opened = doors.open("cli", *READING)

    assert {way: done.seen for way, done in opened.items() if done.seen} == {}
    assert doors.marked() == []
    assert {"STATUS 1" in done.printed for way, done in opened.items() if way.startswith("check ")} == {True}
    assert "DI101" in opened["check --select ALL --output-format full ."].printed


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
    for shadow in SHADOWS:
        (doors.target / shadow).unlink()  # import-linter itself has the current folder imported from first

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
