"""Times this tool and its peers on the same tree, in turn: `python -m tests.benchmarks.run TREE`.

Each tool is a process of its own, timed from outside, with all that it does from start to end. It is run cold (its
cache taken away; the files are in the memory of the operating system), with a function added to one file, with a
comment added to it, and with nothing changed.

In each round every tool has its turn, so that a machine that gets slower gets slower for all. What is printed are
medians, and ratios to `lint-imports` as medians of the ratios of each round. The memory is that of the largest process.

A peer that is not installed is passed over, and named. `--peers FOLDER` is where the commands of the peers are.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

COLD, EDITED, COMMENTED, UNCHANGED = "cold", "one file edited", "one comment added", "unchanged"
STATES: Final = (COLD, EDITED, COMMENTED, UNCHANGED)
REFERENCE: Final = "lint-imports"
ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Tree:
    """A copy of the tree under test, which can be edited, and a folder beside it for configurations and caches."""

    root: Path
    aside: Path
    package: str
    inner: str
    outer: str
    edited: Path
    files: int
    size: int


@dataclass(frozen=True, slots=True)
class Tool:
    """A command. What is not in its `caches` keeps nothing from one run to the next, and has the one state."""

    name: str
    command: tuple[str, ...]
    caches: tuple[Path, ...] = ()
    states: tuple[str, ...] = STATES
    environment: Mapping[str, str] = field(default_factory=dict)
    fine: tuple[int, ...] = (0, 1)


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took: seconds from start to end, and the megabytes of its largest process."""

    seconds: float
    megabytes: float
    status: int
    printed: str
    last_line: str


# --- the tree ------------------------------------------------------------------------------------------------------


def tree_of(source: Path, aside: Path) -> Tree:
    """Copy a tree: the folder that holds one package, and perhaps tests."""
    root = aside / "tree"
    shutil.copytree(source, root, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    packages = sorted(each.parent.name for each in root.glob("*/__init__.py") if each.parent.name != "tests")
    if not packages:
        raise SystemExit(f"{source} holds no package: give the folder above it")
    package = packages[0]
    below = (root / package).iterdir()
    children = sorted(
        each.stem for each in below if (each.is_dir() or each.suffix == ".py") and not each.name.startswith("_")
    )
    files = sorted(root.rglob("*.py"))
    of_package = sorted(each for each in (root / package).rglob("*.py") if each.name != "__init__.py")
    return Tree(
        root,
        aside,
        package,
        inner=f"{package}.{_first(('core', 'models', 'utils', 'common'), children, children[0])}",
        outer=f"{package}.{_first(('main', 'web', 'api', 'app', 'cli'), children, children[-1])}",
        edited=of_package[len(of_package) // 2],
        files=len(files),
        size=sum(each.stat().st_size for each in files),
    )


def _first(wanted: Sequence[str], there: Sequence[str], otherwise: str) -> str:
    return next((each for each in wanted if each in there), otherwise)


# --- the tools -----------------------------------------------------------------------------------------------------


def own_tools(tree: Tree, python: str) -> Iterator[Tool]:
    """Yield this tool: as it is, without its cache, and with a given number of processes where that can be given."""
    check = (python, "-m", "conformance", "check", "--isolated", "--output-format", "concise")
    known = subprocess.run([*check, "--help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    environment = {"PYTHONPATH": str(ROOT)}
    cache = tree.aside / "conformance"
    cached = (*check, "--cache-dir", str(cache), str(tree.root))
    yield Tool("conformance", cached, (cache,), environment=environment)
    yield Tool("conformance --no-cache", (*check, "--no-cache", str(tree.root)), (), (COLD,), environment)
    if "--processes" in known:
        for number in (1, 2, 4):
            command = (*check, "--no-cache", "--processes", str(number), str(tree.root))
            yield Tool(f"conformance --no-cache --processes {number}", command, (), (COLD,), environment)


_CONTRACTS = """\
[importlinter]
root_package = {package}

[importlinter:contract:forbidden]
name = What is inside does not import what is outside
type = forbidden
source_modules = {inner}
forbidden_modules = {outer}

[importlinter:contract:layers]
name = Layers
type = layers
layers =
    {outer}
    {inner}
"""

_TACH = """\
source_roots = ["."]
exclude = ["tests"]
root_module = "ignore"
modules = [
    {{ path = "{inner}", depends_on = [] }},
    {{ path = "{outer}", depends_on = ["{inner}"] }},
]
"""

_ARCHON = """\
from pytest_archon import archrule


def test_layers() -> None:
    archrule("layers").match("{inner}", "{inner}.*").should_not_import("{outer}", "{outer}.*").check("{package}")
"""

_PYTESTARCH = """\
from pytestarch import Rule, get_evaluable_architecture


def test_layers() -> None:
    evaluable = get_evaluable_architecture("{folder}", "{folder}")
    rule = Rule().modules_that().are_named("{inner}").should_not().import_modules_that().are_named("{outer}")
    rule.assert_applies(evaluable)
"""


def peers(tree: Tree, folder: Path) -> Iterator[Tool | str]:
    """Yield the peers, and the names of those that are not installed."""
    names = {"package": tree.package, "inner": tree.inner, "outer": tree.outer, "folder": tree.root / tree.package}
    importable = {"PYTHONPATH": str(tree.root)}

    def written(path: Path, text: str) -> str:
        path.write_text(text.format(**names), "utf-8")
        return str(path)

    def runs(test: str) -> tuple[str, ...]:
        pytest = (str(folder / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider")
        return (*pytest, "--rootdir", str(tree.aside), test)

    if (folder / "lint-imports").exists():
        cache = tree.aside / "import-linter"
        contracts = written(tree.aside / "importlinter.ini", _CONTRACTS)
        command = (str(folder / "lint-imports"), "--no-logo", "--cache-dir", str(cache), "--config", contracts)
        yield Tool(REFERENCE, command, (cache,), environment=importable)
    else:
        yield REFERENCE
    if (folder / "ruff").exists():
        cache = tree.aside / "ruff"
        # Families that find nothing in what is generated: ruff remembers no file in which it has found something.
        ruff = (str(folder / "ruff"), "check", "--isolated", "--select", "C4,SIM,W")
        yield Tool("ruff check", (*ruff, "--cache-dir", str(cache), str(tree.root)), (cache,))
    else:
        yield "ruff"
    if (folder / "tach").exists():
        written(tree.root / "tach.toml", _TACH)
        yield Tool("tach check", (str(folder / "tach"), "check"), (tree.root / ".tach",))
    else:
        yield "tach"
    if _has(folder, "pytest_archon"):
        yield Tool("pytest-archon", runs(written(tree.aside / "test_archon.py", _ARCHON)), (), (COLD,), importable)
    else:
        yield "pytest-archon"
    if _has(folder, "pytestarch"):
        yield Tool("PyTestArch", runs(written(tree.aside / "test_pytestarch.py", _PYTESTARCH)), (), (COLD,))
    else:
        yield "PyTestArch"


def _has(folder: Path, module: str) -> bool:
    python = folder / "python"
    if not python.exists():
        return False
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


def versions(python: str, folder: Path) -> str:
    """Return the versions of what is timed."""
    names = ("import-linter", "grimp", "ruff", "tach", "pytest-archon", "PyTestArch")
    code = (
        "import importlib.metadata as m, sys\nfor n in sys.argv[1:]:\n"
        "    try: print(n, m.version(n))\n    except m.PackageNotFoundError: pass"
    )
    asked = folder / "python" if (folder / "python").exists() else python
    found = subprocess.run([asked, "-c", code, *names], capture_output=True, text=True, check=False).stdout
    own = [python, "-m", "conformance", "--version"]
    version = subprocess.run(own, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return ", ".join([f"{version.strip()} ({commit.stdout.strip() or 'no commit'})", *found.splitlines()])


def machine() -> str:
    """Return what the figures were taken on."""
    model = platform.processor() or platform.machine()
    if (cpus := Path("/proc/cpuinfo")).exists():
        names = [line for line in cpus.read_text("utf-8").splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return f"{os.cpu_count()} x {model}, {platform.system()} {platform.release()}, Python {platform.python_version()}"


# --- timing --------------------------------------------------------------------------------------------------------


def timed(tool: Tool, tree: Tree, timeout: float) -> Run:
    """Run a command in a session of its own, which is ended when the time is over."""
    with tempfile.TemporaryFile() as printed:
        environment = {**os.environ, "NO_COLOR": "1", **tool.environment}
        started = time.perf_counter()
        process = subprocess.Popen(
            tool.command, cwd=tree.root, env=environment, stdin=subprocess.DEVNULL, stdout=printed,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        clock = threading.Timer(timeout, os.killpg, (process.pid, 9))
        clock.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        clock.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        told = hashlib.file_digest(printed, "sha256").hexdigest()
        printed.seek(max(printed.tell() - 4096, 0))  # and no more: the child's peak counts from what this process holds
        last = printed.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Run(seconds, usage.ru_maxrss / unit, process.returncode, told, last)


def measured(
    tools: Sequence[Tool], tree: Tree, runs: int, timeout: float, say: Callable[[str], None]
) -> dict[tuple[str, str], list[Run]]:
    """Return the runs of each tool in each state. A tool that fails is left out from then on."""
    taken: dict[tuple[str, str], list[Run]] = {}
    original = tree.edited.read_bytes()
    failed: set[str] = set()
    for state in STATES:
        for number in range(runs + 1):  # the first is not counted: it fills caches
            if state == EDITED:
                tree.edited.write_bytes(original + f"\n\ndef edited() -> int:\n    return {number}\n".encode())
            if state == COMMENTED:
                tree.edited.write_bytes(original + f"\n# {number}\n".encode())
            several = [tool for tool in tools if state in tool.states and tool.name not in failed]
            first = number % max(len(several), 1)
            for tool in several[first:] + several[:first]:
                for cache in tool.caches if state == COLD else ():
                    shutil.rmtree(cache, ignore_errors=True)
                run = timed(tool, tree, timeout)
                say(f"{state} {number}: {tool.name}: {run.seconds:.2f} s, {run.megabytes:.0f} MB")
                if run.status not in tool.fine:
                    say(f"    failed with status {run.status}: {run.last_line}")
                    failed.add(tool.name)
                elif number:
                    taken.setdefault((tool.name, state), []).append(run)
    tree.edited.write_bytes(original)
    return {key: taken_runs for key, taken_runs in taken.items() if key[0] not in failed}


# --- the table -----------------------------------------------------------------------------------------------------


def table(tools: Sequence[Tool], taken: Mapping[tuple[str, str], Sequence[Run]]) -> str:
    """Return the figures as a Markdown table."""
    lines = [
        "| | " + " | ".join(f"{state} | ratio" for state in STATES) + " | peak |",
        "| --- |" + " ---: |" * (2 * len(STATES) + 1),
    ]
    for tool in tools:
        cells: list[str] = []
        for state in STATES:
            runs, others = taken.get((tool.name, state), ()), taken.get((REFERENCE, state), ())
            ratios = [a.seconds / b.seconds for a, b in zip(runs, others, strict=False)]
            cells.append(f"{median(run.seconds for run in runs):.2f} s" if runs else "")
            cells.append(f"{median(ratios):.2f}" if ratios else "")
        peaks = [run.megabytes for state in STATES for run in taken.get((tool.name, state), ())]
        if peaks:
            lines.append(f"| {tool.name} | {' | '.join(cells)} | {max(peaks):.0f} MB |")
    return "\n".join(lines)


def says_the_same(taken: Mapping[tuple[str, str], Sequence[Run]]) -> bool:
    """Return whether this tool printed the same of the tree as it is, in every way in which it was run."""
    own = {key: runs for key, runs in taken.items() if key[0].startswith("conformance") and key[1] != EDITED}
    return len({run.printed for runs in own.values() for run in runs}) <= 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees", metavar="TREE", type=Path, nargs="+", help="a folder that holds a package")
    parser.add_argument("--runs", type=int, default=5, help="how many are counted; the one before them is not")
    parser.add_argument("--peers", type=Path, default=Path(sys.executable).parent, help="where their commands are")
    parser.add_argument("--only", default="", help="the tools whose names contain one of these, with commas between")
    parser.add_argument("--timeout", type=float, default=300, help="seconds that a run may take")
    given = parser.parse_args()
    print(f"{machine()}; medians of {given.runs}\n\n{versions(sys.executable, given.peers.absolute())}")
    for source in given.trees:
        with tempfile.TemporaryDirectory(prefix="benchmark-") as aside:
            tree = tree_of(source, Path(aside))
            every = [*own_tools(tree, sys.executable), *peers(tree, given.peers.absolute())]
            wanted = [part.strip() for part in given.only.split(",")]
            tools = [each for each in every if isinstance(each, Tool) and any(part in each.name for part in wanted)]
            say = partial(print, file=sys.stderr, flush=True)
            taken = measured(tools, tree, given.runs, given.timeout, say)
            print(f"\n**{source.name}**: {tree.files} modules, {tree.size / 1e6:.1f} MB\n\n{table(tools, taken)}")
            if not says_the_same(taken):
                print("\nconformance does not print the same in every way")
            if failed := [tool.name for tool in tools if not any(name == tool.name for name, _ in taken)]:
                print(f"\nfailed: {', '.join(failed)}")
            absent = [each for each in every if isinstance(each, str)]
            if absent:
                print(f"\nnot installed: {', '.join(absent)}")


if __name__ == "__main__":
    main()
