"""The contract pack as import-linter reads it, and whether one that was copied still fits its target."""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from conformance.contracts.pack import TYPES, Contract, Pack, Pairs, descendants
from conformance.errors import ConfigurationError
from conformance.results import Problem
from conformance.version import VERSION

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FORMATS", "Copied", "Types", "drift", "read", "render"]

Types: TypeAlias = Literal["as a comment", "in force"]
"""What becomes of the part that needs this package."""

_SHOWN: Final = 12
_OFF: Final = "#: "
"""What the lines of the second part start with where it is not in force."""


# --- writing -------------------------------------------------------------------------------------------------------


def render(pack: Pack, form: str, types: Types) -> str:
    """Return the pack as text: a file of its own, or what belongs into a pyproject.toml.

    Args:
        pack: the pack.
        form: a key of `FORMATS`.
        types: whether the contract types of this package are in force: import-linter refuses a file with types that it
            cannot load.
    """
    dialect = FORMATS[form]
    off = _OFF if types == "as a comment" else ""
    head = dialect.head(pack)
    named = [f"{kind}: conformance.contracts.{TYPES[kind]}" for kind in TYPES if kind in {c.type for c in pack.typed}]
    if named:
        declared = dialect.list("contract_types", [(entry, "") for entry in named])
        head += [f"{off}{line}" for line in declared]
    parts = [_header(pack, form, types), head, _first(pack)]
    parts += [dialect.contract(contract) for contract in pack.contracts]
    if pack.typed:
        parts += [_second(form, types)]
        parts += [[f"{off}{line}" for line in dialect.contract(contract)] for contract in pack.typed]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _rule(title: str) -> list[str]:
    return [f"# --- {title} {'-' * max(114 - len(title), 3)}"]


def _header(pack: Pack, form: str, types: Types) -> list[str]:
    file = "importlinter.ini" if form == "ini" else "pyproject.toml"
    roots = [root for root in pack.source_roots if root != "."]
    path = f"PYTHONPATH={':'.join(pack.source_roots)} " if roots else ""
    needed = " and fastapi-conformance" if types == "in force" and pack.typed else ""
    lines = [
        f"# The import contracts of {', '.join(pack.packages)}: written by conformance {pack.version}.",
        "#",
        f"#     pip install 'import-linter>=2.16'{needed}",
        f"#     {path}lint-imports --config {file} --no-cache",
        "#",
        f"# import-linter 2.17 would rather have `lint-imports {file}`. Without --no-cache it goes by the time of",
        "# modification: a file that is put back with its old time keeps its old imports. Modules are named literally,",
        "# since a wildcard that matches nothing is a contract kept. Whether this still fits the code:",
        "#",
        f"#     conformance contracts --check {file}",
    ]
    if pack.unseen:
        lines += [
            "#",
            "# import-linter does not see what lies here, for want of an `__init__.py`; `conformance check` does:",
        ]
        lines += [f"#     {name}" for name in pack.unseen[:_SHOWN]]
        lines += [f"#     and {len(pack.unseen) - _SHOWN} more"] if len(pack.unseen) > _SHOWN else []
    return lines


def _first(pack: Pack) -> list[str]:
    lines = _rule("Part one: import-linter is enough")
    if {"independence", "layers"} & {contract.type for contract in pack.contracts}:
        lines += [
            "#",
            "# `independence` and `layers` follow indirect imports, too: of a chain that they show the check reports",
            "# the one import that should not be there.",
        ]
    return lines


def _second(form: str, types: Types) -> list[str]:
    lines = _rule("Part two: needs fastapi-conformance")
    lines += [
        "#",
        "# Its types ask the engine of `conformance check`, and hold what part one cannot say:",
        "#",
        "# - imports by `import_module(…)`, paths of attributes such as `app.components.worker.run`, and what comes by",
        "#   a module that only re-exports it;",
        "# - arq's worker in services: import-linter forbids other distributions as a whole alone;",
        "# - one of several names that a line or module imports from the same place: part one knows modules alone;",
        "# - who writes app.state and arq's context.",
    ]
    if types == "as a comment":
        flag = "" if form == "ini" else f" --format {form}"
        lines += [
            "#",
            "# import-linter refuses a file with types that it cannot load, so that each line of this part starts with",
            f"# `{_OFF.strip()}`, and so do the `contract_types` at the top. In force it is written by",
            "#",
            f"#     conformance contracts{flag} --with-types",
        ]
    return lines


Listed: TypeAlias = Sequence[tuple[str, str]]
"""Entries of a list, each with the comment that stands before it; "" for none."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a format says it."""

    head: Callable[[Pack], list[str]]
    contract: Callable[[Contract], list[str]]
    list: Callable[[str, Listed], list[str]]


def _accepted(contract: Contract) -> list[tuple[str, str]]:
    """Return the entries of `ignore_imports`, by reason."""
    ordered = sorted(contract.accepted, key=lambda one: (one[1], one[0]))
    return [
        (f"{importer} -> {imported}", why if first else "")
        for why, group in groupby(ordered, key=lambda one: one[1])
        for first, ((importer, imported), _) in zip(_only_first(), group, strict=False)
    ]


def _only_first() -> Iterator[bool]:
    yield True
    while True:
        yield False


def _ini_list(key: str, entries: Listed) -> list[str]:
    lines = [f"{key} ="]
    for entry, comment in entries:
        lines += [f"    # {comment}"] if comment else []
        lines.append(f"    {entry}")
    return lines


def _ini_head(pack: Pack) -> list[str]:
    lines = ["[importlinter]", *_ini_list("root_packages", [(name, "") for name in pack.packages])]
    return [*lines, "include_external_packages = True"] if pack.names_libraries else lines


def _ini_contract(contract: Contract) -> list[str]:
    lines = [f"[importlinter:contract:{contract.id}]", f"name = {contract.title}", f"type = {contract.type}"]
    for key, entries in contract.lists:
        lines += _ini_list(key, [(entry, "") for entry in entries])
    lines += [f"{key} = {value}" for key, value in contract.flags]
    if contract.accepted:
        lines += _ini_list("ignore_imports", _accepted(contract))
    return [*lines, f"broken_contract_guidance = {contract.guidance}"] if contract.guidance else lines


def _toml_list(key: str, entries: Listed) -> list[str]:
    lines = [f"{key} = ["]
    for entry, comment in entries:
        lines += [f"    # {comment}"] if comment else []
        lines.append(f"    {_quoted(entry)},")
    return [*lines, "]"]


def _toml_head(pack: Pack) -> list[str]:
    lines = ["[tool.importlinter]", *_toml_list("root_packages", [(name, "") for name in pack.packages])]
    return [*lines, "include_external_packages = true"] if pack.names_libraries else lines


def _toml_contract(contract: Contract) -> list[str]:
    lines = ["[[tool.importlinter.contracts]]"]
    lines += [
        f"{k} = {_quoted(v)}" for k, v in (("id", contract.id), ("name", contract.title), ("type", contract.type))
    ]
    for key, entries in contract.lists:
        lines += _toml_list(key, [(entry, "") for entry in entries])
    lines += [f"{key} = {str(value).lower()}" for key, value in contract.flags]
    if contract.accepted:
        lines += _toml_list("ignore_imports", _accepted(contract))
    return [*lines, f"broken_contract_guidance = {_quoted(contract.guidance)}"] if contract.guidance else lines


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


FORMATS: Final[Mapping[str, Dialect]] = {
    "ini": Dialect(_ini_head, _ini_contract, _ini_list),
    "toml": Dialect(_toml_head, _toml_contract, _toml_list),
}
"""The formats, by name."""


# --- reading -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Copied:
    """A file of contracts.

    Attributes:
        version: of the package that wrote it; "" where it does not say.
        packages: its root packages.
        contracts: each contract's options, `id` and `type` among them; lists as they are, all else as text.
    """

    version: str
    packages: tuple[str, ...]
    contracts: tuple[Mapping[str, tuple[str, ...]], ...]


def read(path: Path) -> Copied:
    """Read a file of contracts.

    Raises:
        ConfigurationError: it cannot be read, or holds none.
    """
    try:
        text = path.read_text("utf-8")
        options, contracts = _from_toml(text) if path.suffix == ".toml" else _from_ini(text)
    except OSError as error:
        raise ConfigurationError(Problem(f"cannot be read: {error.strerror or error}", str(path))) from error
    except (UnicodeDecodeError, configparser.Error, tomllib.TOMLDecodeError) as error:
        message = " ".join(str(error).split())
        raise ConfigurationError(Problem(f"cannot be read: {message}", str(path))) from error
    if not contracts:
        raise ConfigurationError(Problem("holds no contracts of import-linter", str(path)))
    version = re.search(r"written by conformance (\S+?)\.?$", text, re.MULTILINE)
    packages = (*options.get("root_packages", ()), *options.get("root_package", ()))
    return Copied(version[1] if version else "", packages, tuple(contracts))


Options: TypeAlias = Mapping[str, tuple[str, ...]]


def _from_ini(text: str) -> tuple[Options, list[Options]]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    sections = {name: {k: _lines(v) for k, v in parser[name].items()} for name in parser.sections()}
    contracts = [
        {"id": (name.rpartition(":")[2],), **options}
        for name, options in sections.items()
        if name.startswith("importlinter:")
    ]
    return sections.get("importlinter", {}), list(contracts)


def _lines(value: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in value.splitlines() if line.strip())


def _from_toml(text: str) -> tuple[Options, list[Options]]:
    section = tomllib.loads(text).get("tool", {}).get("importlinter", {})
    contracts = section.pop("contracts", [])
    return _texts(section), [_texts(contract) for contract in contracts]


def _texts(table: Mapping[str, Any]) -> Options:
    return {k: tuple(map(str, v)) if isinstance(v, list) else (str(v),) for k, v in table.items()}


# --- comparing -----------------------------------------------------------------------------------------------------

_MODULES: Final = (
    "modules",
    "source_modules",
    "forbidden_modules",
    "protected_modules",
    "allowed_importers",
    "ancestors",
)


def drift(pack: Pack, copied: Copied) -> list[str]:
    """Return what keeps a copied file from fitting, a line each: the pack is the one that is made of the code today."""
    said: list[str] = []
    if copied.version and copied.version != VERSION:
        said.append(f"it was written by conformance {copied.version}, and this is {VERSION}")
    said += [f"`{name}` is not among its root packages" for name in pack.packages if name not in copied.packages]
    said += _gone(pack, copied)
    said += _uncovered(pack, copied)
    said += _exceptions(pack, copied)
    return list(dict.fromkeys(said))


def _gone(pack: Pack, copied: Copied) -> Iterator[str]:
    """Yield the modules and imports that a contract names and that there are not; other targets' are not looked at."""
    known = {".".join(parts[: end + 1]) for m in pack.modules for parts in [m.split(".")] for end in range(len(parts))}
    for contract in copied.contracts:
        name = contract["id"][0] if "id" in contract else contract.get("name", ("",))[0]
        for module in _named(contract):
            if module.partition(".")[0] in pack.packages and not _matching(module, known):
                yield f"contract `{name}`: `{module}` is gone"
        for importer, imported in _ignored(contract):
            known_to_it = importer.partition(".")[0] in pack.packages
            there = (m for m in _matching(importer, pack.modules) if _matching(imported, pack.imports[m]))
            if known_to_it and not any(there):
                yield f"contract `{name}`: the import that it ignores is gone: `{importer} -> {imported}`"


def _named(contract: Options) -> Iterator[str]:
    for key in _MODULES:
        yield from contract.get(key, ())
    containers = contract.get("containers", ())
    for layer in _layers(contract):
        for item in layer:
            yield from [f"{container}.{item}" for container in containers] or [item]


def _layers(contract: Options) -> list[list[str]]:
    layers = [re.split(r"\s*[:|]\s*", line.strip()) for line in contract.get("layers", ())]
    return [[item.strip("() ") for item in layer] for layer in layers]


def _ignored(contract: Options) -> Iterator[tuple[str, str]]:
    for line in contract.get("ignore_imports", ()):
        importer, arrow, imported = line.partition("->")
        if arrow:
            yield importer.strip(), imported.strip()


def _matching(expression: str, names: Iterable[str]) -> set[str]:
    """Return the names that one of import-linter's module expressions means."""
    if "*" not in expression:
        return {expression} & set(names)
    parts = {"*": r"[^.]+", "**": r".+"}
    pattern = re.compile(r"\.".join(parts.get(part, re.escape(part)) for part in expression.split(".")))
    return {name for name in names if pattern.fullmatch(name)}


def _uncovered(pack: Pack, copied: Copied) -> Iterator[str]:
    """Yield what today's contracts keep apart and those of the file do not."""
    kept: dict[str, set[str]] = {}
    for options in copied.contracts:
        for importer, forbidden in _pairs(options, pack).items():
            kept.setdefault(importer, set()).update(forbidden)
    for contract in pack.contracts:
        wanted = _pairs(_options(contract), pack)
        lacking = {m: left for m, f in wanted.items() if (left := f - kept.get(m, set()) - {m})}
        free = {m for m, left in lacking.items() if left == wanted[m] - {m}}
        if free and len(free) == len(lacking) == len(wanted):
            yield f"it has no contract like `{contract.id}`: {contract.title}"
            continue
        if free:
            yield f"no contract like `{contract.id}` is about the imports of {_listed(free, pack)}"
        reached = {n for m, left in lacking.items() if m not in free for n in left}
        if reached:
            yield f"no contract like `{contract.id}` keeps others from importing {_listed(reached, pack)}"
    for kind, key in (("protected", "protected_modules"), ("acyclic_siblings", "ancestors")):
        for contract in pack.contracts:
            if contract.type == kind:
                yield from _unlisted(contract, key, copied, pack)


def _unlisted(contract: Contract, key: str, copied: Copied, pack: Pack) -> Iterator[str]:
    wanted = _meant(_options(contract), key, pack)
    held = {m for c in copied.contracts if c.get("type") == (contract.type,) for m in _meant(c, key, pack)}
    if not held & wanted:
        yield f"it has no contract like `{contract.id}`: {contract.title}"
    elif wanted - held:
        yield f"no contract like `{contract.id}` is about {_listed(wanted - held, pack)}"


def _listed(names: set[str], pack: Pack) -> str:
    """Return names for a message: a package for all that it holds, and not all where they are many."""
    whole = {name for name in names if descendants(name, pack.modules) <= names}
    tops = sorted(n for n in names if not any(n.startswith(f"{other}.") for other in whole))
    more = f" and {len(tops) - _SHOWN} more" if len(tops) > _SHOWN else ""
    return ", ".join(f"`{name}`" for name in tops[:_SHOWN]) + more


def _options(contract: Contract) -> Options:
    flags = {key: (str(value),) for key, value in contract.flags}
    return {"id": (contract.id,), "type": (contract.type,), **dict(contract.lists), **flags}


def _meant(contract: Options, key: str, pack: Pack) -> set[str]:
    """Return the modules that an option means; other distributions by their name."""
    packages = contract.get("as_packages", ("True",))[0].lower() != "false"
    found: set[str] = set()
    for expression in contract.get(key, ()):
        if expression.partition(".")[0] not in pack.packages:
            found.add(expression)
            continue
        matched = _matching(expression, pack.modules) | ({expression} if packages else set())
        found |= {m for name in matched for m in (descendants(name, pack.modules) if packages else {name})}
    return found


def _pairs(contract: Options, pack: Pack) -> Pairs:
    """Return what a contract forbids each module to import."""
    match contract.get("type"):
        case ("forbidden",):
            forbidden = frozenset(_meant(contract, "forbidden_modules", pack))
            return dict.fromkeys(_meant(contract, "source_modules", pack), forbidden)
        case ("independence",):
            parts = [_meant({"m": (name,)}, "m", pack) for name in contract.get("modules", ())]
            every = frozenset().union(*parts)
            return {name: every - part for part in parts for name in part}
        case ("layers",):
            found: dict[str, frozenset[str]] = {}
            above: frozenset[str] = frozenset()
            containers = contract.get("containers", ())
            for layer in _layers(contract):
                names = tuple(f"{c}.{item}" for c in containers for item in layer) or tuple(layer)
                modules = _meant({"m": names}, "m", pack)
                found |= dict.fromkeys(modules, above)
                above |= modules
            return {name: forbidden for name, forbidden in found.items() if forbidden}
    return {}


def _exceptions(pack: Pack, copied: Copied) -> Iterator[str]:
    """Yield the imports that the check accepts and that the file reports."""
    rest = [(options, _pairs(options, pack), set(_ignored(options))) for options in copied.contracts]
    for contract in pack.contracts:
        for (importer, imported), why in contract.accepted:
            for options, pairs, ignored in rest:
                if imported in pairs.get(importer, ()) and not any(
                    _matching(a, {importer}) and _matching(b, {imported}) for a, b in ignored
                ):
                    name = options.get("id", ("",))[0]
                    yield f"contract `{name}` does not accept `{importer} -> {imported}` ({why})"
