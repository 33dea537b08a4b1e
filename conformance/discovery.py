"""From paths to the Python files of the target, and what each module is called. Nothing is imported.

What a module is called follows from the folder that its name counts from, its *source root*. A package with an
`__init__.py` settles most of it: the name counts from the folder that holds the outermost one. Where that leaves a
choice (namespace packages, src layouts, several applications in one repository, folders of scripts) the import
statements of the target decide: `from acme.app.db import Db` says that `acme` stands in a source root.
"""

from __future__ import annotations

import difflib
import os
import re
import stat
import sys
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from conformance.config import covers, nearest
from conformance.errors import TargetError
from conformance.globs import globs
from conformance.results import Problem
from conformance.trace import MARKERS, SKIPPED, Trace, digest, digest_of, listing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pathspec import GitIgnoreSpec

    from conformance.config import Config

__all__ = ["MARKERS", "SourceFile", "Target", "discover"]


@dataclass(frozen=True, slots=True, order=True)
class SourceFile:
    """One Python file of the target.

    Attributes:
        shown: the path as it is shown: relative to the target's root, with `/`.
        path: where it is, absolute.
        module: its dotted name.
        is_package: it is an `__init__.py`.
        source_root: the folder that the name counts from, relative to the target's root, with `/`; "." for the root.
        is_test: pytest would collect it, or it is a conftest, or it stands under a folder named tests, or under one
            named test that holds such a file.
    """

    shown: str
    path: Path
    module: str
    is_package: bool = False
    source_root: str = "."
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """What is checked.

    Attributes:
        root: the folder that the paths are relative to, absolute.
        files: the Python files, sorted by path.
        packages: the names of the top-level packages and modules, tests excepted, sorted.
        problems: what could not be looked at.
        notes: what was passed over, and why.
        partial: it is a part of a program, a file or a package within a package: what is not seen may still be there.
        starts: the folders and files that were given, absolute.
        whole: all that the configuration speaks of was given, so that what matches nothing matches nothing.
        trace: what was looked at to find the files; the files of the target are not in it.
    """

    root: Path
    files: tuple[SourceFile, ...]
    packages: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    partial: bool = False
    whole: bool = True
    starts: tuple[Path, ...] = field(default=(), compare=False)
    trace: Trace = field(default=Trace(), compare=False)


# fmt: off
DISTRIBUTIONS: Final = frozenset({
    "aioboto3", "aiohttp", "aiokafka", "aioredis", "alembic", "anthropic", "anyio", "apscheduler", "arq", "asyncpg",
    "attr", "attrs", "azure", "bcrypt", "boto3", "botocore", "cachetools", "celery", "chromadb", "click", "dotenv",
    "elasticsearch", "fakeredis", "fastapi", "google", "grpc", "httpx", "jinja2", "jose", "jwt", "kafka",
    "langchain", "langfuse", "langsmith", "limits", "loguru", "minio", "motor", "nats", "numpy", "openai",
    "opentelemetry", "orjson", "pandas", "passlib", "pika", "prometheus_client", "psycopg", "psycopg2", "pydantic",
    "pydantic_settings", "pymongo", "pytest", "qdrant_client", "redis", "requests", "rich", "sentry_sdk", "slowapi",
    "socketio", "sqlalchemy", "sqlmodel", "starlette", "stripe", "structlog", "tenacity", "typer", "ujson",
    "uvicorn", "weaviate", "websockets", "yaml",
})
# fmt: on
"""Names that, imported bare, say nothing about a module of the same name in the target."""


def discover(paths: Sequence[Path], config: Config, *, cwd: Path | None = None) -> Target:
    """Return the files of the target.

    Args:
        paths: folders, files, or dotted package names, which are looked for below the current folder, the
            configuration's, and the `src` of either; `sys.path` is not asked.
        config: says what is excluded, which packages are the target, and where the root is.
        cwd: what relative paths count from; the current folder where it is not given.

    Raises:
        TargetError: a path that does not exist or holds no Python file; all such paths at once.
    """
    here = cwd or Path.cwd()
    starts, wrong = _starts(paths, here, config)
    if wrong:
        raise TargetError(wrong)
    tops = {start: _top(start) for start in starts}
    configured = config.root is not None and all(start.is_relative_to(config.root) for start in starts)
    root = config.root if config.root is not None and configured else _common(tops.values())
    naming_from = root if configured and not (root / "__init__.py").is_file() else None
    problems: list[Problem] = []
    notes: list[str] = []
    exclude = globs(config.exclude)
    found: dict[str, tuple[str, bool]] = {}
    walked: dict[str, str] = {}
    looked_at: dict[str, str] = {}
    for start, top in tops.items():
        walk = _Walk(str(start), exclude, str(root))
        walk.run()
        problems += walk.problems
        notes += walk.notes
        walked |= walk.walked
        looked_at |= walk.looked_at
        tests_from = root if start.is_file() else top.parent if top.name == "tests" else top
        names = config.root_packages
        limit, base = naming_from or top, starts[start]
        if base is not None:
            limit = min(limit, base, key=lambda folder: len(folder.parts))
            names = (*names, ".".join(start.relative_to(base).with_suffix("").parts))
        naming = _Naming(str(limit), walk.folders, names)
        for file, source_root in naming.source_roots():
            found.setdefault(file, (source_root, _is_test(os.path.relpath(file, tests_from))))
    if not configured:
        root = _common([root, *(Path(source) for source, _ in found.values())])
    suites = tuple({suite for file, (_, test) in found.items() if test for suite in _suites(file, str(root))})
    every = sorted(
        _source_file(file, source, str(root), is_test=test or file.startswith(suites))
        for file, (source, test) in found.items()
    )
    files, hidden = _without_hidden(every)
    kept = [file for file in files if file.is_test or _within(file.module, config.root_packages)]
    whole = config.root is None or any(config.root.is_relative_to(start) for start in starts)
    problems += _unmatched_root_packages(files, config) if whole else ()
    if not kept and not problems:
        raise TargetError(_nothing(list(starts), files, config, here))
    looked_at |= {str(file.path): digest(str(file.path)) for file in {*every}.difference(kept)}
    return Target(
        root=root,
        files=tuple(kept),
        packages=tuple(sorted({file.module.partition(".")[0] for file in kept if not file.is_test})),
        problems=tuple(sorted(set(problems), key=lambda problem: (problem.path, problem.message))),
        notes=tuple(sorted({*notes, *hidden})),
        partial=any(start.is_file() or (start.parent / "__init__.py").is_file() for start in starts),
        whole=whole,
        starts=tuple(starts),
        trace=Trace(walked, looked_at),
    )


def _starts(paths: Sequence[Path], here: Path, config: Config) -> tuple[dict[Path, Path | None], list[Problem]]:
    """Return what was given, each with the folder that its dotted name counts from, and what there is not."""
    starts: dict[Path, Path | None] = {}
    wrong: list[Problem] = []
    for path in paths:
        located = _locate(path, here, config)
        if isinstance(located, Problem):
            wrong.append(located)
        else:
            starts.setdefault(*located)
    if not paths:
        named = config.root if config.root is not None and config.root_packages else None
        starts[named or here.resolve()] = None
    return starts, wrong


def _locate(path: Path, here: Path, config: Config) -> tuple[Path, Path | None] | Problem:
    """Return what was given, and where a dotted name counts from: None for a path."""
    shown = readable(str(path))
    bases = [here, here / "src", *((config.root, config.root / "src") if config.root else ())]
    tries: list[tuple[Path, Path | None]] = [(here / path, None)]
    if re.fullmatch(r"\w+(\.\w+)*", str(path)):
        folders = [(base.joinpath(*str(path).split(".")), base) for base in bases]
        tries += [(made, base) for folder, base in folders for made in (folder, folder.with_suffix(".py"))]
    for tried, base in tries:
        try:
            mode = tried.stat().st_mode
        except (OSError, ValueError) as error:
            if isinstance(error, PermissionError):
                return Problem("may not be looked into: permission denied", shown)
            continue
        if stat.S_ISDIR(mode):
            return tried.resolve(), base and base.resolve()
        if tried.suffix != ".py" or not stat.S_ISREG(mode):
            return Problem("is not a folder and not a Python file", shown)
        return tried.parent.resolve() / tried.name, base and base.resolve()
    return Problem(f"no such file, folder or package{_sibling(here / path)}", shown)


def _sibling(path: Path) -> str:
    try:
        names = [entry.name for entry in os.scandir(path.parent) if not entry.name.startswith(".")]
    except (OSError, ValueError):
        return ""
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.6)
    return f"; did you mean `{readable(near[0])}`?" if near else ""


def _top(start: Path) -> Path:
    """Return the folder that was given, or the one that holds the outermost package which it belongs to."""
    folder = start if start.is_dir() else start.parent
    while (folder / "__init__.py").is_file() and folder.parent != folder:
        folder = folder.parent
    return folder


def _common(folders: Iterable[Path]) -> Path:
    return Path(os.path.commonpath([str(folder) for folder in folders]))


def readable(text: str) -> str:
    """Return a file's name as text that can be encoded: bytes that are not UTF-8 are written in hexadecimal."""
    return os.fsencode(text).decode("utf-8", "backslashreplace")


def _is_test(relative: str) -> bool:
    *folders, name = Path(relative).parts
    return name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py") or "tests" in folders


def _suites(file: str, root: str) -> Iterator[str]:
    """Yield the folders named test below the root that hold a test."""
    parts = os.path.relpath(file, root).split(os.sep)
    for number, part in enumerate(parts[:-1], 1):
        if part == "test":
            yield os.path.join(root, *parts[:number], "")


def _source_file(file: str, source_root: str, root: str, *, is_test: bool) -> SourceFile:
    stem = os.path.relpath(file, source_root).removesuffix(".py")
    parts = [part.replace(".", "_") for part in Path(stem).parts]
    is_package = parts[-1] == "__init__"
    if is_package and len(parts) > 1:
        parts.pop()
    return SourceFile(
        shown=readable(os.path.relpath(file, root)).replace(os.sep, "/"),
        path=Path(file),
        module=readable(".".join(parts)),
        is_package=is_package,
        source_root=readable(os.path.relpath(source_root, root)).replace(os.sep, "/"),
        is_test=is_test,
    )


def _without_hidden(files: list[SourceFile]) -> tuple[list[SourceFile], list[str]]:
    """Leave out `deps.py` beside the package `deps/`, which Python never loads."""
    packages = {(file.source_root, file.module): file for file in files if file.is_package}
    kept: list[SourceFile] = []
    notes: list[str] = []
    for file in files:
        package = packages.get((file.source_root, file.module))
        if package is None or package is file:
            kept.append(file)
        else:
            notes.append(f"{file.shown} was not checked: {package.shown} hides it from Python")
    return kept, notes


def _within(module: str, root_packages: Sequence[str]) -> bool:
    return not root_packages or any(covers(name, module) for name in root_packages)


def _unmatched_root_packages(files: Sequence[SourceFile], config: Config) -> list[Problem]:
    known = {name for file in files if not file.is_test for name in _prefixes(file.module)}
    return [
        Problem(f"`{name}` in `root-packages` matches no module{nearest(name, sorted(known))}", config.shown)
        for name in config.root_packages
        if not any(covers(name, module) for module in known)
    ]


def _prefixes(module: str) -> Iterator[str]:
    parts = module.split(".")
    return (".".join(parts[: n + 1]) for n in range(len(parts)))


def _nothing(starts: Sequence[Path], files: Sequence[SourceFile], config: Config, here: Path) -> list[Problem]:
    if files:
        names = ", ".join(config.root_packages)
        return [
            Problem(f"none of the modules given is in `root-packages` ({names}): --isolated ignores it", config.shown)
        ]
    return [Problem("holds no Python file that is to be checked", _shown_from(start, here)) for start in starts]


def _shown_from(path: Path, here: Path) -> str:
    return readable(str(path.relative_to(here) if path.is_relative_to(here) else path))


# --- the walk ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Walk:
    """One walk through a folder. `folders` maps each folder to the Python files directly in it, both as strings.

    `walked` are the listings of all folders, `looked_at` the digests of the files that were read on the way.
    """

    start: str
    exclude: GitIgnoreSpec
    root: str
    folders: dict[str, list[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    walked: dict[str, str] = field(default_factory=dict)
    looked_at: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        if not os.path.isdir(self.start):
            folder, name = os.path.split(self.start)
            self.folders[folder] = [name]
            return
        pending: list[tuple[str, tuple[tuple[str, GitIgnoreSpec], ...]]] = [(self.start, self._outer_ignores())]
        while pending:
            folder, ignores = pending.pop()
            try:
                with os.scandir(folder) as entries:
                    listed = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                self.problems.append(Problem(f"may not be looked into: {error.strerror or error}", self._shown(folder)))
                continue
            self.walked[folder] = listing(listed)
            names = {entry.name for entry in listed}
            if folder != self.start and ("pyvenv.cfg" in names or "conda-meta" in names):
                continue
            if ".gitignore" in names and (spec := self._spec(f"{folder}/.gitignore")) is not None:
                ignores = (*ignores, (folder, spec))
                if len(ignores) > _MOST_IGNORES:
                    ignores = ignores[1:]
                    self.notes.append(
                        f"more than {_MOST_IGNORES} folders within each other have a .gitignore: in the innermost ones "
                        f"the nearest {_MOST_IGNORES} were asked"
                    )
            for entry in listed:
                if self._is_folder_to_enter(entry) and not self._left_out(entry.path, ignores, slash="/"):
                    pending.append((entry.path, ignores))
                elif self._is_python(entry) and not self._left_out(entry.path, ignores, slash=""):
                    self.folders.setdefault(folder, []).append(entry.name)

    def _is_folder_to_enter(self, entry: os.DirEntry[str]) -> bool:
        if entry.name.startswith(".") or entry.name in SKIPPED:
            return False
        try:
            if entry.is_dir(follow_symlinks=False):
                return True
            if entry.is_symlink() and entry.is_dir():
                aim = os.path.realpath(entry.path)
                if not f"{aim}/".startswith(f"{self.start}/"):
                    self.notes.append(f"{self._shown(entry.path)} was not followed: it is a link to a folder elsewhere")
        except OSError:
            return False
        return False

    def _is_python(self, entry: os.DirEntry[str]) -> bool:
        if not entry.name.endswith(".py") or entry.name.startswith("."):
            return False
        try:
            if entry.is_dir():
                return False
            regular = entry.is_file() or not os.path.exists(entry.path)
        except OSError:
            return True
        if not regular:
            self.notes.append(f"{self._shown(entry.path)} was not checked: it is no regular file")
        return regular

    def _left_out(self, path: str, ignores: tuple[tuple[str, GitIgnoreSpec], ...], *, slash: str) -> bool:
        if self.exclude.patterns:
            relative = os.path.relpath(path, self.root)
            if not relative.startswith("..") and self.exclude.match_file(relative + slash):
                return True
        return _ignored(path + slash, ignores)

    def _outer_ignores(self) -> tuple[tuple[str, GitIgnoreSpec], ...]:
        """Return what the .gitignore files above the start say, unless they leave out the start itself."""
        above: list[str] = []
        for folder in Path(self.start, "_").parents:
            above.append(str(folder))
            if (folder / ".git").exists():
                break
        else:
            return ()
        repository, *below = reversed(above)
        files = [(repository, f"{repository}/.git/info/exclude"), (repository, f"{repository}/.gitignore")]
        files += [(folder, f"{folder}/.gitignore") for folder in below]
        specs = [(folder, self._spec(file)) for folder, file in files if folder != self.start]
        ignores = tuple((folder, spec) for folder, spec in specs if spec is not None)
        return () if _ignored(f"{self.start}/", ignores) else ignores

    def _spec(self, file: str) -> GitIgnoreSpec | None:
        try:
            source = Path(file).read_bytes()
        except OSError:
            return None
        self.looked_at[file] = digest_of(source)
        lines = source.decode("utf-8", "surrogateescape").splitlines()
        try:
            return globs(lines)
        except ValueError:
            good = [line for line in lines if _is_pattern(line)]
            self.notes.append(f"{self._shown(file)}: a line is no pattern and was passed over")
            return globs(good)

    def _shown(self, path: str) -> str:
        return readable(os.path.relpath(path, self.root)).replace(os.sep, "/")


_MOST_IGNORES: Final = 50
"""How many .gitignore files above a file are asked about it."""


def _ignored(path: str, ignores: tuple[tuple[str, GitIgnoreSpec], ...]) -> bool:
    for folder, spec in reversed(ignores):
        if folder.rstrip("/") + "/" == path:
            continue
        said = spec.check_file(path[len(folder.rstrip("/")) + 1 :]).include
        if said is not None:
            return said
    return False


def _is_pattern(line: str) -> bool:
    try:
        globs([line])
    except ValueError:
        return False
    return True


# --- names ---------------------------------------------------------------------------------------------------------

_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]*\(?[ \t\r\n]*(\w*)|import[ \t]+([\w.]+))", re.MULTILINE
)
_SAMPLE = 300
"""The number of files of one folder whose import statements are asked; more would change no answer."""

_CONFIGURED = 1_000_000
"""What a package named in the configuration weighs against import statements."""


@dataclass(slots=True)
class _Naming:
    """Which folder each module's name counts from. All paths are strings; `limit` is the highest such folder."""

    limit: str
    folders: dict[str, list[str]]
    root_packages: tuple[str, ...]
    votes: Counter[tuple[str, str]] = field(default_factory=Counter)
    above: Counter[str] = field(default_factory=Counter)
    relative: set[str] = field(default_factory=set)
    _inside: dict[str, str | None] = field(default_factory=dict)
    _there: dict[str, bool] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)

    def source_roots(self) -> Iterator[tuple[str, str]]:
        """Yield each file with its source root."""
        self._known = {above for folder in self.folders for above in self._up_to_limit(folder)}
        self._ask()
        for folder, names in self.folders.items():
            source_root = _below_no_name(self._source_root(folder), folder)
            for name in names:
                own = os.path.dirname(folder) if folder == source_root and name == "__init__.py" else source_root
                yield f"{folder}/{name}", own

    def _up_to_limit(self, folder: str) -> Iterator[str]:
        """Yield the folder and those above it, the limit last."""
        while True:
            yield folder
            if folder == self.limit or len(folder) <= len(self.limit):
                return
            folder = os.path.dirname(folder)

    def _package(self, folder: str) -> str | None:
        """Return the outermost package with an `__init__.py`, below the limit, that the folder is in."""
        if folder not in self._inside:
            chain = [each for each in self._up_to_limit(folder) if each != self.limit]
            self._inside[folder] = next((each for each in reversed(chain) if self._has(each, "__init__.py")), None)
        return self._inside[folder]

    def _has(self, folder: str, name: str) -> bool:
        file = f"{folder}/{name}"
        if file not in self._there:
            self._there[file] = os.path.isfile(file)
        return self._there[file]

    def _default(self, folder: str) -> str:
        if (package := self._package(folder)) is not None:
            return os.path.dirname(package)
        for each in self._up_to_limit(folder):
            if os.path.basename(each) == "src" or any(self._has(each, marker) for marker in MARKERS):
                return each
        return self.limit

    def _unit(self, path: str) -> str:
        rest = path[len(self.limit.rstrip("/")) + 1 :]
        return rest.partition("/")[0]

    def _candidates(self, folder: str) -> list[str]:
        default = self._default(folder)
        package = self._package(folder)
        lowest = os.path.dirname(package) if package is not None else folder
        return [default, *(each for each in self._up_to_limit(lowest) if each != default)]

    def _source_root(self, folder: str) -> str:
        unit = self._unit(folder)
        candidates = self._candidates(folder)
        best = max(candidates, key=lambda each: self.votes[unit, each])
        package = self._package(folder)
        if (
            package is not None
            and not self.votes[unit, best]
            and self.votes[unit, package]
            and package not in self.relative
        ):
            return package
        if best == self.limit and self.above:
            outer, count = max(self.above.items(), key=lambda item: item[1])
            if count > sum(votes for (_, each), votes in self.votes.items() if each == self.limit):
                return outer
        return best

    def _ask(self) -> None:
        """Count for each folder the imports that hold if it is a source root."""
        eligible: dict[str, list[str]] = {}
        modules = ((folder, name.removesuffix(".py")) for folder, names in self.folders.items() for name in names)
        for folder, name in sorted({*modules, *(os.path.split(each) for each in self._known - {self.limit})}):
            package = self._package(folder)
            if package is None or package == folder:
                eligible.setdefault(name, []).append(folder)
        for name in self.root_packages:
            self._count(name.split("."), "", "", eligible, _CONFIGURED)
        asked: Counter[str] = Counter()
        for folder in sorted(self.folders):
            unit = self._unit(folder)
            room = max(_SAMPLE - asked[unit], 0)
            asked[unit] += len(self.folders[folder])
            for name in islice(self.folders[folder], room):
                self._ask_file(folder, name, eligible)

    def _ask_file(self, folder: str, name: str, eligible: dict[str, list[str]]) -> None:
        try:
            file = f"{folder}/{name}"
            source = Path(file).read_bytes() if os.path.isfile(file) else b""
        except OSError:
            return
        said: set[tuple[str, str]] = set()
        for dots, module, imported, plain in _IMPORT.findall(source):
            if dots:
                up = folder
                for _ in dots[1:]:
                    up = os.path.dirname(up)
                self.relative.add(up)
            else:
                said.add(((module or plain).decode("utf-8", "replace"), imported.decode("utf-8", "replace")))
        own = name.removesuffix(".py")
        for dotted, imported in sorted(said):
            parts = dotted.split(".")
            if parts[0] in sys.stdlib_module_names or (len(parts) == 1 and parts[0] in DISTRIBUTIONS):
                continue
            if parts[0] != own:
                self._count(parts, imported, folder, eligible, 1)

    def _count(self, parts: list[str], imported: str, folder: str, eligible: dict[str, list[str]], weight: int) -> None:
        roots = [each for each in eligible.get(parts[0], ()) if self._resolves(each, parts, imported)]
        near = [each for each in roots if f"{folder}/".startswith(f"{each}/")]
        for each in near or roots:
            self.votes[self._unit(f"{each}/{parts[0]}"), each] += weight
        outer, tail = os.path.split(self.limit)
        for depth in range(1, min(4, len(parts) + 1)):
            if parts[:depth] == tail.split("/")[-depth:] and self._resolves(self.limit, parts[depth:], imported):
                self.above[outer] += weight
            outer, name = os.path.split(outer)
            tail = f"{name}/{tail}"

    def _resolves(self, folder: str, parts: list[str], imported: str) -> bool:
        for number, part in enumerate(parts, 1):
            below = f"{folder}/{part}"
            if below in self._known:
                folder = below
            else:
                return number == len(parts) and f"{part}.py" in self.folders.get(folder, ())
        if "__init__.py" in self.folders.get(folder, ()) or not imported:
            return True
        return f"{folder}/{imported}" in self._known or f"{imported}.py" in self.folders.get(folder, ())


def _below_no_name(source_root: str, folder: str) -> str:
    """Return the source root, or the folder below it whose name can be part of no module's: `src/my-app`."""
    parts = os.path.relpath(folder, source_root).split(os.sep)
    for number in range(len(parts), 0, -1):
        if parts[number - 1] != "." and not parts[number - 1].isidentifier():
            return os.path.join(source_root, *parts[:number])
    return source_root
