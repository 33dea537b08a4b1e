"""Ways of writing a program differently that do not matter to what it means, and where each of its lines is then."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import PurePosixPath

from conformance.results import Place

__all__ = ["MODULE", "Files", "Way", "Written", "parses"]

Files = dict[str, str]
MODULE = (1, 1, 1, 1)
"""The place of what is said of a module as a whole."""

ASIDE = "_aside"
"""What names are given by a way that renames; what is said of them is compared without it."""


@dataclass(frozen=True)
class Written:
    """A program that was written differently.

    Attributes:
        files: the program.
        lines: where each line is now; those that are not there stayed.
        names: what is called differently in it, each with what it was called.
    """

    files: Files
    lines: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    names: tuple[tuple[str, str], ...] = ()

    def moved(self, place: Place) -> tuple[str, int]:
        first = place.span[0]
        if place.span == MODULE:
            return self.lines.get((place.path, 0), (place.path, first))
        return self.lines.get((place.path, first), (place.path, first))

    def as_before(self, text: str) -> str:
        """Return a text about this program in the words of the one that it was written from."""
        for new, old in self.names:
            text = text.replace(new, old)
        return text


Way = Callable[[Files], Written]


def parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:  # newer than this interpreter, or broken on purpose
        return False
    return True


# --- comments, line ends, conditions --------------------------------------------------------------------------------


def with_comments(files: Files) -> Written:
    """Put a comment and a blank line before each statement that begins a line."""
    lines: dict[tuple[str, int], tuple[str, int]] = {}
    written = {}
    for path, text in files.items():
        before = {_first(node) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt)}
        made: list[str] = []
        for number, line in enumerate(text.splitlines(), 1):
            if number in before and not (number - 1 in before and line[:1] == "\\"):
                made += ["# said of it: app.state.x = None", ""]
            made.append(line)
            lines[path, number] = (path, len(made))
        written[path] = "\n".join(made) + "\n"
    return Written(written, lines)


def with_other_line_ends(files: Files) -> Written:
    """End the lines as on Windows."""
    return Written({path: text.replace("\n", "\r\n") for path, text in files.items()})


def under_a_condition(files: Files) -> Written:
    """Put what a module says under `if True:`."""
    lines: dict[tuple[str, int], tuple[str, int]] = {}
    written = {}
    for path, text in files.items():
        body = ast.parse(text).body
        first = next((node for node in body if not _stays_in_front(node)), None)
        if first is None or _has_long_strings(text):
            written[path] = text
            continue
        start = _first(first)
        made = []
        for number, line in enumerate(text.splitlines(), 1):
            if number == start:
                made.append("if True:")
            made.append(f"    {line}" if number >= start and line.strip() else line)
            lines[path, number] = (path, len(made))
        written[path] = "\n".join(made) + "\n"
    return Written(written, lines)


def _first(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _stays_in_front(node: ast.stmt) -> bool:
    is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_docstring or (isinstance(node, ast.ImportFrom) and node.module == "__future__")


def _has_long_strings(text: str) -> bool:
    return any(
        token.type in {tokenize.STRING, getattr(tokenize, "FSTRING_START", -1)} and token.string[-3:] in {'"""', "'''"}
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
    )


# --- names ----------------------------------------------------------------------------------------------------------


def _renamed(text: str, uses: Iterable[tuple[ast.expr | ast.alias, str]]) -> str:
    """Write other names where nodes stand, each on one line."""
    lines = [line.encode() for line in text.splitlines()]
    places = {(node.lineno, node.col_offset): (node.end_col_offset or 0, new) for node, new in uses}
    for (number, start), (end, new) in sorted(places.items(), reverse=True):
        line = lines[number - 1]
        lines[number - 1] = line[:start] + new.encode() + line[end:]
    return b"\n".join(lines).decode() + "\n"


def _bound(tree: ast.Module) -> set[str]:
    """Return the names that anything but a plain import binds, or that stand in a string."""
    bound: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                bound.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                bound.add(name)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                bound.add(name)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                bound |= set(names)
            case ast.Constant(value=str(text)):
                bound |= set(re.findall(r"\w+", text))
            case ast.JoinedStr():
                bound |= {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
            case ast.Import() | ast.ImportFrom() if node not in tree.body:
                bound |= {name.asname or name.name.partition(".")[0] for name in node.names}
    return bound


def _imported(tree: ast.Module) -> Counter[str]:
    return Counter(
        name.asname or name.name.partition(".")[0]
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in node.names
    )


@cache
def _takes(text: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return what a module may want of others: `module.name` of its imports; attributes, words in strings."""
    imported: list[str] = []
    words: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.ImportFrom(module=source, names=names):
                imported += [f"{(source or '').rpartition('.')[2]}.{name.name}" for name in names]
            case ast.Attribute(attr=name):
                words.add(name)
            case ast.Constant(value=str(said)):
                words |= set(re.findall(r"\w+", said))
    return tuple(imported), frozenset(words)


def _taken(files: Files, path: str) -> set[str]:
    """Return the names that other modules may want of one."""
    module = path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
    found: set[str] = set()
    for other, text in files.items():
        if other != path:
            imported, words = _takes(text)
            found |= words
            found |= {each.partition(".")[2] for each in imported if each.partition(".")[0] in {module, ""}}
    return found


def _plain_imports(text: str) -> Iterator[ast.ImportFrom]:
    """Yield the imports of a module's body that stand on a line of their own."""
    for node in ast.parse(text).body:
        if not isinstance(node, ast.ImportFrom) or node.level or node.lineno != node.end_lineno:
            continue
        line = text.splitlines()[node.lineno - 1]
        if node.module != "__future__" and node.names[0].name != "*" and ";" not in line:
            yield node


def _is_module(files: Files, node: ast.ImportFrom) -> bool:
    """Whether a name that is imported may be a module itself."""
    folder = str(node.module).replace(".", "/")
    return any(path.startswith(f"{folder}/{name.name}") for name in node.names for path in files)


def with_dotted_names(files: Files) -> Written:
    """Ask the modules for the names: `import a.b`, and `a.b.X` wherever there was `X`."""
    written = {}
    for path, text in files.items():
        tree = ast.parse(text)
        made = text.splitlines()
        counts = _imported(tree)
        bound = _bound(tree) | _taken(files, path) | {name for name, count in counts.items() if count > 1}
        tops = {n.name.partition(".")[0] for node in tree.body if isinstance(node, ast.Import) for n in node.names}
        dotted: dict[str, str] = {}
        for node in _plain_imports(text):
            names = {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
            top = str(node.module).partition(".")[0]
            if not {*names, top} & bound and top not in counts.keys() - tops and not _is_module(files, node):
                dotted |= names
                made[node.lineno - 1] = f"import {node.module}"
        uses = [(n, dotted[n.id]) for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id in dotted]
        written[path] = _renamed("\n".join(made), uses)
    return Written(written)


def with_plain_names(files: Files) -> Written:
    """Import the names: `from a.b import X`, and `X` wherever there was `a.b.X`."""
    written = {}
    for path, text in files.items():
        tree = ast.parse(text)
        made = text.splitlines()
        counts = _imported(tree)
        kept = _bound(tree) | _taken(files, path)
        bound = kept | counts.keys()
        parents = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        uses: list[tuple[ast.expr | ast.alias, str]] = []
        for node in tree.body:
            match node:
                case ast.Import(names=[ast.alias(name=module, asname=alias)]) if node.lineno == node.end_lineno:
                    name = alias or module
                case _:
                    continue
            if "." in name or counts[name] > 1 or name in kept:
                continue
            reads = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == name]
            attributes = [parents[id(n)] for n in reads]
            wanted = {n.attr for n in attributes if isinstance(n, ast.Attribute)}
            plain = all(isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Load) for n in attributes)
            inside = any(other.startswith(f"{module.replace('.', '/')}/{w}") for w in wanted for other in files)
            if not wanted or not plain or wanted & bound or inside or any(w[:1].islower() for w in wanted):
                continue
            if any(isinstance(n, ast.Attribute) and n.lineno != n.end_lineno for n in attributes):
                continue
            bound |= wanted
            made[node.lineno - 1] = f"from {module} import {', '.join(sorted(wanted))}"
            uses += [(n, n.attr) for n in attributes if isinstance(n, ast.Attribute)]
        written[path] = _renamed("\n".join(made), uses)
    return Written(written)


def with_aliases(files: Files) -> Written:
    """Give each import another name: `from a import X as Y`, `import a as b`."""
    written = {}
    for path, text in files.items():
        tree = ast.parse(text)
        kept = _bound(tree) | _taken(files, path)
        kept |= {name for name, count in _imported(tree).items() if count > 1}
        uses: list[tuple[ast.expr | ast.alias, str]] = []
        given: dict[str, str] = {}
        for node in tree.body:
            if not isinstance(node, (ast.Import, ast.ImportFrom)) or getattr(node, "module", "") == "__future__":
                continue
            for name in node.names:
                own = name.asname or name.name
                is_free = name.name not in {"*", "__all__"} and own not in kept and "." not in own
                if is_free and name.lineno == name.end_lineno:
                    given[own] = f"{own}{ASIDE}"
                    uses.append((name, f"{name.name} as {own}{ASIDE}"))
        uses += [(n, given[n.id]) for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id in given]
        written[path] = _renamed(text, uses)
    return Written(written, names=((ASIDE, ""),))


_MEANING = {"app", "application", "ctx", "context", "request", "websocket", "state", "self", "cls", "engine"}
"""Names of locals that say something by themselves."""


def with_other_locals(files: Files) -> Written:
    """Give each local variable of a function another name; parameters are what callers know them as."""
    written = {}
    for path, text in files.items():
        tree = ast.parse(text)
        uses: list[tuple[ast.expr | ast.alias, str]] = []
        done: set[int] = set()
        for function in ast.walk(tree):
            if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) or id(function) in done:
                continue
            inner = list(ast.walk(function))
            done |= {id(node) for node in inner}
            kept: set[str] = set()
            stored: set[str] = set()
            for node in inner:
                match node:
                    case ast.Name(id=name, ctx=ast.Store()):
                        stored.add(name)
                    case ast.arg(arg=name):
                        kept.add(name)
                    case ast.Global(names=names) | ast.Nonlocal(names=names):
                        kept |= set(names)
                    case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                        kept.add(name)
                    case ast.Import() | ast.ImportFrom():
                        kept |= {n.asname or n.name.partition(".")[0] for n in node.names}
                    case ast.JoinedStr():
                        kept |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                    case ast.Constant(value=str(said)):
                        kept |= set(re.findall(r"\w+", said))
                    case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                        kept.add(name)
                    case ast.ClassDef():
                        kept |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} | {node.name}
            changed = {name for name in stored - kept - _MEANING if name[:1] != "_"}
            uses += [(n, f"{n.id}{ASIDE}") for n in inner if isinstance(n, ast.Name) and n.id in changed]
        written[path] = _renamed(text, uses)
    return Written(written, names=((ASIDE, ""),))


def with_a_hop(files: Files) -> Written:
    """Import names of the program by way of a module that imports them."""
    tops = {path.partition("/")[0].removesuffix(".py") for path in files}
    written = dict(files)
    for path, text in files.items():
        made = text.splitlines()
        for node in _plain_imports(text):
            top = str(node.module).partition(".")[0]
            if top in tops and top not in {"tests", "conftest"} and not _is_module(files, node):
                hop = f"hop_{str(node.module).replace('.', '_')}"
                names = ", ".join(name.name for name in node.names)
                written[f"{hop}.py"] = written.get(f"{hop}.py", "") + f"from {node.module} import {names}\n"
                asked = ", ".join(f"{n.name} as {n.asname}" if n.asname else n.name for n in node.names)
                made[node.lineno - 1] = f"from {hop} import {asked}"
        written[path] = "\n".join(made) + "\n"
    return Written(written)


# --- modules --------------------------------------------------------------------------------------------------------

_SPEAKING = {
    "__init__", "__main__", "alembic", "app", "application", "cli", "common", "component", "components", "config",
    "configs", "configuration", "conftest", "constant", "constants", "consts", "core", "db", "dependencies",
    "dependency", "deps", "env", "frontend", "jobs", "lifecycle", "lifespan", "main", "migrations", "model", "models",
    "pools", "routers", "routes", "schedule", "scheduler", "schedulers", "scheduling", "schema", "schemas", "service",
    "services", "settings", "shutdown", "startup", "tasks", "tests", "worker", "workers",
}  # fmt: skip
"""Names of modules that say what they are for."""


def with_other_modules(files: Files) -> Written:
    """Give each module another name that says nothing of what it is for."""
    stems = {PurePosixPath(path).stem for path in files}
    renamed: dict[str, str] = {}
    for path in files:
        stem = PurePosixPath(path).stem
        plain = stem not in _SPEAKING and not stem.startswith(("test_", "_"))
        plain = plain and not stem.endswith(("_deps", "_constants", "_test"))
        if plain and f"test_{stem}" not in stems and "versions/" not in path:
            renamed[path.removesuffix(".py").replace("/", ".")] = f"{stem}{ASIDE}"
    for text in files.values():
        for node in ast.walk(ast.parse(text)):
            for old in _hard_to_rename(node, renamed):
                renamed.pop(old, None)
    new_of = {old: f"{old.rpartition('.')[0]}.{new}".lstrip(".") for old, new in renamed.items()}
    written: Files = {}
    moved: dict[tuple[str, int], tuple[str, int]] = {}
    for path, text in files.items():
        module = path.removesuffix(".py").replace("/", ".")
        new_path = f"{new_of[module].replace('.', '/')}.py" if module in new_of else path
        written[new_path] = _with_modules(text, path, renamed, new_of)
        moved |= {(path, number): (new_path, max(number, 1)) for number in range(text.count("\n") + 2)}
    return Written(written, moved, names=((ASIDE, ""),))


def _hard_to_rename(node: ast.AST, modules: Iterable[str]) -> list[str]:
    """Return the modules that a node names in a way that would have to be written otherwise throughout."""
    match node:
        case ast.Import(names=names):  # binds the first part alone; means another where it is run from its folder
            said = {name.name for name in names}
            return [*said, *(module for module in modules if module.rpartition(".")[2] in said)]
        case ast.ImportFrom(module=str(source), level=0) if "." not in source:
            return [module for module in modules if module.rpartition(".")[2] == source]
        case ast.JoinedStr(values=parts):
            texts = " ".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
            said = set(re.findall(r"\w+", texts))
            return [module for module in modules if module.rpartition(".")[2] in said]
        case ast.Attribute(attr=stem):
            return [module for module in modules if module.rpartition(".")[2] == stem]
        case ast.Constant(value=str(text)):
            words = set(re.findall(r"\w+", text))
            return [m for m in modules if m.rpartition(".")[2] in words and text != m and not text.startswith(f"{m}.")]
    return []


def _with_modules(text: str, path: str, renamed: dict[str, str], new_of: dict[str, str]) -> str:
    tree = ast.parse(text)
    lines = text.splitlines()
    uses: list[tuple[ast.expr | ast.alias, str]] = []
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=source, level=level):
                base = _absolute(path, source, level)
                if base in renamed:
                    before = lines[node.lineno - 1]
                    last = base.rpartition(".")[2]
                    head, word, rest = before.partition(" import")
                    lines[node.lineno - 1] = f"{head.removesuffix(last)}{renamed[base]}{word}{rest}"
                for name in node.names:
                    full = f"{base}.{name.name}"
                    if full in renamed:
                        uses.append((name, f"{renamed[full]} as {name.asname or name.name}"))
            case ast.Constant(value=str(said)):
                start = next((o for o in new_of if said == o or said.startswith(f"{o}.")), None)
                if start is not None and node.lineno == node.end_lineno:
                    quoted = repr(new_of[start] + said.removeprefix(start))
                    uses.append((node, quoted))
    return _renamed("\n".join(lines), uses)


def _absolute(path: str, source: str | None, level: int) -> str:
    if not level:
        return source or ""
    folder = path.split("/")[:-1]
    parts = folder[: len(folder) - level + 1]
    return ".".join([*parts, *([source] if source else [])])


# --- definitions ----------------------------------------------------------------------------------------------------


def in_another_order(files: Files) -> Written:
    """Turn each run of functions of a module around, where none of them is used while they are defined."""
    lines: dict[tuple[str, int], tuple[str, int]] = {}
    written = {}
    for path, text in files.items():
        tree, source = ast.parse(text), text.splitlines()
        made, at = [], 1
        for run in _runs(tree):
            spans = [(_first(node), node.end_lineno or node.lineno) for node in run]
            for slot, (start, end) in zip(spans, reversed(spans), strict=True):
                for number in range(at, slot[0]):
                    made.append(source[number - 1])
                    lines[path, number] = (path, len(made))
                for number in range(start, end + 1):
                    made.append(source[number - 1])
                    lines[path, number] = (path, len(made))
                at = slot[1] + 1
        for number in range(at, len(source) + 1):
            made.append(source[number - 1])
            lines[path, number] = (path, len(made))
        written[path] = "\n".join(made) + "\n"
    return Written(written, lines)


def _runs(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    run: list[ast.stmt] = []
    for node in [*tree.body, ast.Pass()]:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            run.append(node)
            continue
        names = [n.name for n in run if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
        used = {name for each in run for name in _used_at_once(each)}
        apart = all(_first(b) > (a.end_lineno or 0) for a, b in pairwise(run))
        if len(run) > 1 and len(set(names)) == len(names) and not used & set(names) and apart:
            yield run
        run = []


def _used_at_once(function: ast.stmt) -> Iterator[str]:
    """Yield the names that are read while a function is defined."""
    assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
    outer = [*function.decorator_list, function.args, *([function.returns] if function.returns else [])]
    for node in outer:
        yield from (inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name))
        for inner in ast.walk(node):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                yield from re.findall(r"\w+", inner.value)


def in_two_modules(files: Files) -> Written:
    """Put the last function or class of a module into a module of its own, beside it, and import it from there."""
    written: Files = {}
    lines: dict[tuple[str, int], tuple[str, int]] = {}
    for path, text in files.items():
        part = _part_of(path, text)
        if part is None:
            written[path] = text
            continue
        new = f"{path.removesuffix('.py')}{ASIDE}.py"
        module, new_module = (p.removesuffix(".py").replace("/", ".") for p in (path, new))
        source = text.splitlines()
        start, end = _first(part), part.end_lineno or part.lineno
        head = _head_for(part, ast.parse(text), source, module)
        name = getattr(part, "name", "")
        written[new] = "\n".join([*head, *source[start - 1 : end]]) + "\n"
        written[path] = "\n".join([*source[: start - 1], f"from {new_module} import {name}", *source[end:]]) + "\n"
        lines |= {(path, number): (new, len(head) + number - start + 1) for number in range(start, end + 1)}
        lines |= {(path, number): (path, number - (end - start)) for number in range(end + 1, len(source) + 1)}
    return Written(written, lines, names=((ASIDE, ""),))


def _part_of(path: str, text: str) -> ast.stmt | None:
    """Return what is moved: a definition that nothing reads while the module is imported, in a folder of its like."""
    tree = ast.parse(text)
    if not {"services", "core", "models", "cli"} & set(path.split("/")[:-1]) or PurePosixPath(path).stem in _SPEAKING:
        return None
    if any(isinstance(node, (ast.Global, ast.Nonlocal)) for node in ast.walk(tree)):
        return None
    if any(isinstance(n, ast.ImportFrom) and (n.level or n.names[0].name == "*") for n in ast.walk(tree)):
        return None
    found = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))]
    names = Counter(node.name for node in found)
    for node in reversed(found):
        others = [other for other in tree.body if other is not node]
        at_once = {n.id for other in others for n in _run_at_once(other) if isinstance(n, ast.Name)}
        if names[node.name] == 1 and node.name not in at_once and len(others) > 1 and node.end_lineno != node.lineno:
            return node
    return None


def _run_at_once(node: ast.stmt) -> Iterator[ast.AST]:
    pending: list[ast.AST] = [node]
    while pending:
        current = pending.pop()
        yield current
        inner = list(ast.iter_child_nodes(current))
        if isinstance(current, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = [child for child in inner if child not in current.body]
        pending += inner


def _head_for(part: ast.stmt, tree: ast.Module, source: list[str], module: str) -> list[str]:
    """Return the imports that a definition needs where it is alone."""
    used = {node.id for node in ast.walk(part) if isinstance(node, ast.Name)}
    used |= {
        word
        for node in ast.walk(part)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for word in re.findall(r"\w+", node.value)
    }
    head: list[str] = []
    own: set[str] = set()
    for node in tree.body:
        match node:
            case ast.Import() | ast.ImportFrom():
                names = {name.asname or name.name.partition(".")[0] for name in node.names}
                if names & used or getattr(node, "module", "") == "__future__":
                    head += source[node.lineno - 1 : node.end_lineno]
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                own.add(name)
            case _:
                own |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    wanted = sorted(own & used - {getattr(part, "name", "")})
    return [*head, *([f"from {module} import {', '.join(wanted)}"] if wanted else [])]
