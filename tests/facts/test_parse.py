"""From bytes to a tree: encodings, lines, and syntax that is newer than the interpreter."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import warnings
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conformance.errors import UnreadableModule
from conformance.facts.newer import made_plain, parse_newer
from conformance.facts.parse import Parsed, parse

ROOT = Path(__file__).parents[2]

NEWER: dict[str, str] = {
    # 3.12: type aliases and type parameters
    "type X = int": "X: TypeAlias = int",
    "type X[T] = list[T]": "X: TypeAlias = list[T]",
    "type X[T: (int, str), *Ts, **P] = Callable[P, T]": "X: TypeAlias = Callable[P, T]",
    "type X[\n    T,  # the item\n] = list[T]": "X: TypeAlias = list[T]",
    "type \\\n  X = int": "X: TypeAlias = int",
    "type\\\nX = int": "X: TypeAlias = int",
    "class A:\n    type X = int; type Y = str": "class A:\n    X: TypeAlias = int\n    Y: TypeAlias = str",
    "if x: type X = int": "if x:\n    X: TypeAlias = int",
    "type type = int": "type: TypeAlias = int",
    'type X = f"{d["a"]}"': """X: TypeAlias = f"{d['a']}\"""",
    "def f[T](x: T) -> T: ...": "def f(x: T) -> T:\n    ...",
    "async def f[T: int](x: T): ...": "async def f(x: T):\n    ...",
    "@a\ndef f[\n\n  T: 'é',\n\n](x): pass": "@a\ndef f(x):\n    pass",
    "class A[T: int, *Ts, **P](B, metaclass=M): ...": "class A(B, metaclass=M):\n    ...",
    "class A[T]: ...": "class A:\n    ...",
    # 3.13: defaults of type parameters
    "class A[T=int, *Ts=*tuple[int], **P=[int]]: ...": "class A:\n    ...",
    # 3.12: f-strings
    'x = f"{d["a"]}"': "x = f\"{d['a']}\"",
    'x = f"{f"{f"{1}"}"}"': "x = f'''{f\"{f'{1}'}\"}'''",
    """x = f'{"\\n".join(a)}'""": "x = f'''{\"\"\"\n\"\"\".join(a)}'''",
    'x = f"{a # why\n}"': "x = f'{a}'",
    'x = f"{\n    a\n    + b\n}" + c': "x = f'{a + b}' + c",
    'x = f"{d["a"]!r:>{w["b"]}}"': "x = f\"{d['a']!r:>{w['b']}}\"",
    'x = f"{d["a"] = }{d["a"]=!s}"': 'x = f"d[\\"a\\"] = {d[\'a\']!r}d[\\"a\\"]={d[\'a\']!s}"',
    'x = f"{a["b"] = # why\n }"': "x = f'''a[\"b\"] = \n {a['b']!r}'''",
    'x = "a" f"{d["b"]}" "c"': "x = f\"a{d['b']}c\"",
    'x = ("a"\n  f"{d["b"]}" # why\n  r"\\c")': "x = f\"a{d['b']}\\\\c\"",
    'x = f"{{{d["a"]}}}\\N{DASH}\\x41\\101\\\n"'.replace("DASH", "EM DASH"): "x = f\"{{{d['a']}}}\u2014AA\"",
    'x = rf"\\d{d["a"]}\\w"': "x = f\"\\\\d{d['a']}\\\\w\"",
    'x = f"{x["a"], *y}{(yield)}"': "x = f\"{(x['a'], *y)}{(yield)}\"",
    'x = f"{(lambda: d["a"])()}{(n := d["b"])}"': "x = f\"{(lambda: d['a'])()}{(n := d['b'])}\"",
    'x = f"""{\n3\n}{d["""a"""]}"""': "x = f\"{3}{d['a']}\"",
    'f"{d["a"]}".strip()': "f\"{d['a']}\".strip()",
    'x = f"{d["ä"]}é{d["ö"]}" + ü': "x = f\"{d['ä']}é{d['ö']}\" + ü",
    # 3.14: template strings, exceptions without parentheses
    'x = t"a{b}"': "x = f'a{b}'",
    'x = t"a"': "x = f'a'",
    'x = rt"\\d{b!r:>{w}}"': "x = f'\\\\d{b!r:>{w}}'",
    "try: pass\nexcept A, B: pass": "try:\n    pass\nexcept (A, B):\n    pass",
    "try: pass\nexcept a.A, B[0], C(1, 2): f()": "try:\n    pass\nexcept (a.A, B[0], C(1, 2)):\n    f()",
    "try: pass\nexcept* A, B: pass": "try:\n    pass\nexcept* (A, B):\n    pass",
    "try: pass\nexcept A, \\\n  B: pass": "try:\n    pass\nexcept (A, B):\n    pass",
    # 3.15: unpacking in comprehensions, lazy imports
    "x = [*a for a in b]": "x = [a for a in b]",
    "x = {**a for a in b}": "x = {a for a in b}",
    "f(*a for a in b)": "f((a for a in b))",
    "lazy import a.b as c": "import a.b as c",
    "lazy from a import b": "from a import b",
}

ALWAYS_READ = (
    "try: pass\nexcept* A: pass",
    "match x:\n    case A(b=1) | [*_]: pass",
    "with (a as b, c as d,): pass",
    "A[*Ts]",
    "def f(*a: *Ts): ...",
    "for x in y:\n    try: pass\n    finally: break",
    "type = 1; type(x); match = case = lazy = type",
    "type[X]",
    "x[a := 1]",
    "@a[0](1)\ndef f(): pass",
    "\x0cx = 1\n\x0cdef f():\n    pass",
    "f(*a, (b for b in c))",
    "lazy.x = 1",
    "",
    "\n",
    "# nothing",
    "x = 1  # no line end",
    "x = '\\d'",
    "assert (x, 'always')",
    "1if 2else 3",
)


def tree_of(source: str) -> ast.Module:
    return parse(source.encode(), "app/a.py").tree


def refusal_of(source: bytes) -> tuple[int, str]:
    with pytest.raises(UnreadableModule) as caught:
        parse(source, "app/a.py")
    assert caught.value.path == "app/a.py"
    return caught.value.line, caught.value.message


@pytest.mark.parametrize("source", NEWER)
def test_newer_syntax_is_read_as_its_older_spelling(source: str) -> None:
    older = NEWER[source]

    tree = tree_of(source)

    assert ast.unparse(tree) == ast.unparse(ast.parse(older))


@pytest.mark.parametrize("source", ALWAYS_READ)
def test_what_the_interpreter_reads_is_left_to_it(source: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = ast.dump(ast.parse(source), include_attributes=True)

    assert ast.dump(tree_of(source), include_attributes=True) == expected


def names_at(tree: ast.AST) -> dict[str, tuple[int, int]]:
    return {node.id: (node.lineno, node.col_offset) for node in ast.walk(tree) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("source", NEWER)
def test_every_name_stays_on_its_line_and_in_its_column(source: str) -> None:
    lines = source.encode().split(b"\n")

    for name, (line, column) in names_at(tree_of(source)).items():
        expected = b"type" if name == "TypeAlias" else name.encode()

        assert lines[line - 1][column : column + len(expected)] == expected


def test_a_type_alias_is_an_annotated_assignment_in_its_place() -> None:
    [statement] = tree_of("type  X[T] = Annotated[T, 1]").body

    assert isinstance(statement, ast.AnnAssign)
    assert (statement.lineno, statement.col_offset, statement.end_col_offset) == (1, 0, 28)
    assert (statement.target.col_offset, statement.annotation.col_offset) == (6, 0)
    assert isinstance(statement.annotation, ast.Name)
    assert statement.annotation.id == "TypeAlias"


def test_exceptions_without_parentheses_have_the_place_of_the_tuple() -> None:
    [statement] = tree_of("try: pass\nexcept  A, B : pass").body

    assert isinstance(statement, ast.Try)
    caught = statement.handlers[0].type
    assert isinstance(caught, ast.Tuple)
    assert (caught.lineno, caught.col_offset, caught.end_col_offset) == (2, 8, 12)


def test_what_follows_a_field_over_several_lines_stays_where_it_is() -> None:
    [first, second] = tree_of('x = f"{\n  a["é"]\n}" + b\ny = c').body

    assert names_at(first) == {"x": (1, 0), "a": (2, 2), "b": (3, 5)}
    assert names_at(second) == {"y": (4, 0), "c": (4, 4)}


def test_the_text_of_a_newer_file_is_that_of_the_file() -> None:
    source = "type X = int\ndef f[T](): ...\n"

    assert parse(source.encode(), "a.py").text == source


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the interpreter has no tree of its own to compare with")
def test_rewriting_makes_the_tree_that_a_newer_interpreter_makes() -> None:
    compared = 0
    for source in NEWER:
        if sys.version_info < (3, 13) and ">{" in source:
            continue  # 3.12.1 ends such a format spec with an empty text
        with suppress(SyntaxError):
            native = made_plain(ast.parse(source), source)
            rewritten = parse_newer(source)
            assert rewritten is not None
            assert ast.dump(rewritten, include_attributes=True) == ast.dump(native, include_attributes=True)
            compared += 1
    assert compared > 20


_DUMP = """
import ast, json, sys
from conformance.errors import UnreadableModule
from conformance.facts.parse import parse

def shown(node):
    if isinstance(node, list):
        # 3.12.1 ends some format specs with an empty text
        return [shown(item) for item in node if not (isinstance(item, ast.Constant) and item.value == "")]
    if not isinstance(node, ast.AST):
        return repr(node)
    given = [(name, value) for name, value in ast.iter_fields(node) if value not in (None, [])]
    fields = [(name, shown(value)) for name, value in given if name != "kind"]
    place = [getattr(node, name, 0) for name in ("lineno", "col_offset", "end_lineno", "end_col_offset")]
    return [type(node).__name__, place, fields]

def read(source):
    try:
        return shown(parse(source.encode(), "a.py").tree)
    except UnreadableModule as error:
        return ["unreadable", error.line]

print(json.dumps([read(source) for source in json.load(sys.stdin)]))
"""


def other_interpreters() -> list[Path]:
    versions = Path.home() / ".pyenv" / "versions"
    found = [path for minor in (12, 13, 14) for path in versions.glob(f"3.{minor}.*/bin/python")]
    return sorted(path for path in found if f".{sys.version_info.minor}." not in path.parts[-3])


@pytest.mark.skipif(not other_interpreters(), reason="the machine has no newer Python under ~/.pyenv")
def test_every_interpreter_reads_the_same_tree() -> None:
    sources = json.dumps(sorted(NEWER))

    trees = {
        python: subprocess.run(
            [python, "-c", _DUMP], input=sources, capture_output=True, text=True, check=True, cwd=ROOT
        ).stdout
        for python in map(str, (sys.executable, *other_interpreters()))
    }

    expected = json.loads(trees[sys.executable])
    for tree in trees.values():
        assert json.loads(tree) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\nprint x\n", (2, "Missing parentheses in call to 'print'. Did you mean print(...)?")),
        ("x = 1\nexec 'x'\n", (2, "Missing parentheses in call to 'exec'. Did you mean exec(...)?")),
        ("\n\nx = `1`\n", (3, "invalid syntax")),
        ("raise A, 'message'\n", (1, "invalid syntax")),
        ("async = 1\n", (1, "invalid syntax")),
        ("x = (\n\n1\n", (1, "'(' was never closed")),
        ("def f():\nreturn\n", (2, "expected an indented block after function definition on line 1")),
        ("if x:\n\ty\n        z\n", (3, "inconsistent use of tabs and spaces in indentation")),
        ("type X = int\n\nprint x\n", (3, "Missing parentheses in call to 'print'. Did you mean print(...)?")),
        ('type X = int\nx = "a\n', (2, "this string does not end")),
        ('type X = int\nx = rf"\\d{d["a"]}\\"\n', (2, "this string does not end")),
        ('x = f"{d["a"]}"\nx = f"{}{d["a"]}"\n', (2, "an expression is missing")),
        ('x = f"{d["a"]}"\n\nx = f"{a b}{d["a"]}"\n', (3, "invalid syntax. Perhaps you forgot a comma?")),
        ('x = f"{d["a"]!x}"\n', (1, "invalid conversion character 'x'")),
        ('\nx = f"{d["a"]}" b"c"\n', (2, "cannot mix bytes and nonbytes literals")),
        ('\nx = f"{x for x in d["a"]}"\n', (2, "an expression is missing")),
        ('\nf"{d["a"]}" = 1\n', (2, None)),
        ('\nprint f"{d["a"]}"\n', (2, None)),
        ("type X = Y = int\n", (1, "invalid syntax")),
        ("try: pass\nexcept A, B as e: pass\n", (2, None)),
        ("del type X[1]\n", (1, "invalid syntax")),
        ("x = 1" * 3 + "0" * 5000, (1, None)),
    ],
)
def test_an_error_has_the_line_on_which_it_is(source: str, expected: tuple[int, str | None]) -> None:
    line, message = refusal_of(source.encode())

    assert line == expected[0]
    assert expected[1] is None or message == expected[1]


def test_an_error_can_travel_between_processes() -> None:
    error = UnreadableModule("app/a.py", 3, "invalid syntax")

    made, arguments = error.__reduce__()

    assert str(made(*arguments)) == str(error) == "app/a.py:3: invalid syntax"


# --- encodings and lines ---


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (b"\xef\xbb\xbfx = '\xc3\xa9'\n", "x = 'é'\n"),
        (b"\xef\xbb\xbf# coding: utf-8\nx = '\xc3\xa9'\n", "# coding: utf-8\nx = 'é'\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "# -*- coding: latin-1 -*-\nx = 'é'\n"),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n", None),
        (b"\n# coding=latin-1\nx = '\xe9'\n", None),
        (b"\f# coding: latin-1\rx = '\xe9'\r", "\f# coding: latin-1\nx = 'é'\n"),
        (b"# coding: UTF_8\nx = 1\n", "# coding: UTF_8\nx = 1\n"),
        (b"x = 1\r\ny = 2\rz = 3\n", "x = 1\ny = 2\nz = 3\n"),
        (b"x = '''\r\n'''", "x = '''\n'''"),
        (b"", ""),
    ],
)
def test_a_file_is_decoded_as_python_decodes_it(source: bytes, text: str | None) -> None:
    parsed = parse(source, "a.py")

    assert text is None or parsed.text == text
    assert ast.dump(parsed.tree, include_attributes=True) == ast.dump(ast.parse(source), include_attributes=True)


PIECES = (
    "\\",
    "\\\r\n",
    "\r",
    "\r\n",
    "\n",
    "x",
    " ",
    "\f",
    '"',
    "'''",
    "#",
    "if x:",
    "(",
    ")",
    "=",
    "é",
    "f'{x}'",
    "\ufeff",
)


@settings(max_examples=300, deadline=None, derandomize=True)
@example(pieces=["x", "\\\r\n"])
@example(pieces=["if x:", "\r\n", " ", "x", "\\\r\n"])
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=8))
def test_what_python_reads_is_read_alike_however_its_lines_end(pieces: list[str]) -> None:
    source = "".join(pieces).encode()
    with suppress(SyntaxError), warnings.catch_warnings(action="ignore"):
        expected = ast.dump(ast.parse(source), include_attributes=True)

        assert ast.dump(parse(source, "a.py").tree, include_attributes=True) == expected


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        (b"x = 1\ny = '\xe9'\n", 2, "cannot be read as utf-8"),
        (b"x = 1\r\rz = '\xe9'\n", 3, "cannot be read as utf-8"),
        (b"x = 1\ny = 'a\0b'\n", 2, "the source contains a NUL byte"),
        ("x = 1\n".encode("utf-16"), 1, "UTF-16 is no encoding for Python files"),
        ("x = 1\n".encode("utf-16-le"), 1, "the source contains a NUL byte"),
        (b"# coding: nonsense\n", 1, "unknown encoding: nonsense"),
        (b"#!python\n# coding: hex\n", 2, "unknown encoding: hex"),
        (b"# coding: rot13\nk = 1\n", 1, "unknown encoding: rot13"),
        (b"# coding: punycode\n", 1, "unknown encoding: punycode"),
        (b"# coding: os.path\n", 1, "unknown encoding: os.path"),
        (b"# coding: ascii\n\n\xc3\xa9\n", 3, "cannot be read as ascii"),
        (b"# coding: utf-7\nx = '+2AA-'\n", 2, "a surrogate, which is no character by itself"),
        (b"\xef\xbb\xbf# coding: latin-1\n", 1, "the encoding is said to be latin-1, but the file starts with a BOM"),
    ],
)
def test_a_file_that_cannot_be_decoded_is_unreadable_where_it_cannot(source: bytes, line: int, message: str) -> None:
    found = refusal_of(source)

    assert (found[0], found[1][: len(message)]) == (line, message)


def test_an_encoding_after_a_statement_is_none() -> None:
    assert parse(b"x = 1\n# coding: nonsense\n", "a.py").text == "x = 1\n# coding: nonsense\n"


def test_what_python_would_warn_of_is_read_without_a_word() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        parse(b"x = '\\d' is 1\nassert (1, 2)\nx = 1or 2\n", "a.py")
        parse(b"type X = '\\d'\ny = f'{d['a']}\\d'\n", "a.py")


def test_a_parsed_module_cannot_be_changed() -> None:
    parsed = Parsed(ast.Module([], []), "")

    with pytest.raises(AttributeError):
        parsed.text = "x"  # type: ignore[misc]
