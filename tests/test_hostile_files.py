"""Files that were made to break whoever reads them: each is read, or refused with its path and line, in bounded time.

What one file does must not be lost on the others: the last tests read each of them within a target.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from conformance.check import check
from conformance.errors import UnreadableModule
from conformance.facts import parse as parsing
from conformance.facts.extract import extract
from conformance.facts.parse import parse
from conformance.results import RuleStatus
from conformance.selection import Selection
from tests.kit import unprivileged

DEPTHS = (30, 95, 190, 1_500, 20_000)
"""Below and above what bounds CPython: 100 blocks, 200 brackets, 3000 levels of a tree, 6000 of its parser."""

AGES = 20
"""Seconds of processor time. All take about one on a machine with nothing else to do; exponential time takes years."""


def blocks(head: str, depth: int, last: str) -> str:
    depth = min(depth, 95)
    return "".join(f"{' ' * level}{head}\n" for level in range(depth)) + " " * depth + last + "\n"


NESTED: dict[str, Callable[[int], str]] = {
    "parentheses": lambda n: "(" * n + "1" + ")" * n,
    "parentheses that stay open": lambda n: "(" * n,
    "lists": lambda n: "[" * n + "]" * n,
    "braces that stay open": lambda n: "{" * n,
    "brackets that only close": lambda n: "type X = int\n" + ")]}" * n,
    "mappings": lambda n: "{1:" * n + "1" + "}" * n,
    "mappings that stay open": lambda n: "{1:" * n,
    "calls": lambda n: "f(" * n + ")" * n,
    "calls in a row": lambda n: "f" + "()" * n,
    "attributes": lambda n: "a" + ".a" * n,
    "subscripts": lambda n: "a" + "[0]" * n,
    "subscripts within": lambda n: "a[" * n + "0" + "]" * n,
    "annotations": lambda n: "x: " + "a[" * n + "0" + "]" * n,
    "signs": lambda n: "-" * n + "1",
    "nots": lambda n: "not " * n + "1",
    "sums": lambda n: "1" + "+1" * n,
    "powers": lambda n: "a**" * n + "a",
    "comparisons": lambda n: "a<" * n + "a",
    "alternatives": lambda n: "a if b else " * n + "c",
    "lambdas": lambda n: "lambda: " * n + "1",
    "defaults of lambdas": lambda n: "lambda a=(" * n + "1" + "): 1" * n,
    "targets": lambda n: "(" * n + "a" + ")" * n + " = 1",
    "targets in a row": lambda n: "x = " * n + "1",
    "strings in a row": lambda n: "'a' " * n,
    "decorators": lambda n: "@a\n" * n + "def f(): pass\n",
    "long decorators": lambda n: "@" + "a." * n + "a\ndef f(): pass\n",
    "blocks": lambda n: "".join(" " * i + "if x:\n" for i in range(min(n, 500))) + " " * min(n, 500) + "pass\n",
    "elifs": lambda n: "if x: pass\n" + "elif x: pass\n" * n,
    "comprehensions": lambda n: "[a for a in " * n + "b" + "]" * n,
    "fors of a comprehension": lambda n: "[a" + " for a in b" * n + "]",
    "managers": lambda n: "with " + "(" * n + "a" + ")" * n + ": pass",
    "patterns": lambda n: "match x:\n case " + "(" * n + "a" + ")" * n + ": pass",
    "patterns in lists": lambda n: "match x:\n case " + "[" * n + "a" + "]" * n + ": pass",
    "patterns of classes": lambda n: "match x:\n case " + "A(x=" * n + "a" + ")" * n + ": pass",
    "fields": lambda n: 'f"' + "{" * (2 * n + 1),
    "strings in fields": lambda n: 'f"{' * n + "1" + '}"' * n,
    "specs in specs": lambda n: "f'{a:" + "{b:" * n + "}" * n + "}'",
    "fields in a row": lambda n: 'f"{a["b"]:' + "{b}" * n + '}"',
    "strings in strings that stay open": lambda n: 'x = f"{' + "f'{" * n,
    "type parameters": lambda n: "def f[T: " + "(" * n + "int" + ")" * n + "](): ...",
    "type parameters that stay open": lambda n: "def f[" * n,
    "aliases that stay open": lambda n: "type X[" * n,
    "exceptions": lambda n: "try: pass\nexcept " + "A, " * n + "B: pass\n",
    "exceptions that stay open": lambda n: "try: pass\nexcept (" * n,
    "handlers": lambda n: "try: pass\n" + "except A, B: pass\n" * n,
    "newer syntax before them": lambda n: "type X = int\n" + "-" * n + "1",
    "an error in lists": lambda n: "[" * n + "a b" + "]" * n,
    "an error in calls": lambda n: "f(a=" * n + "a b" + ")" * n,
    "an error in mappings": lambda n: "{a:" * n + "a b" + "}" * n,
    "an error in comprehensions": lambda n: "[a for a in " * n + "a b" + "]" * n,
    "an error in lambdas": lambda n: "lambda: " * n + "a b",
    "an error in alternatives": lambda n: "a if b else " * n + "a b",
    "an error in slices": lambda n: "a[:" * n + "b c" + "]" * n,
    "an error in patterns": lambda n: "match x:\n case " + "A(x=" * n + "a b" + ")" * n + ": pass",
    "an error in managers": lambda n: "with " + "(" * n + "a b" + ")" * n + ": pass",
    "an error in stars": lambda n: "f(**" * n + "a b" + ")" * n,
    "an error in blocks": lambda n: blocks("if x:", n, "print x"),
    "an error in functions": lambda n: blocks("def f(x):", n, "print x"),
    "an error in tries": lambda n: blocks("try:", n, "print x"),
    "an error in managers of blocks": lambda n: blocks("with (a):", n, "print x"),
}

LARGE: dict[str, Callable[[], str]] = {
    "50 MB": lambda: "x = 1\n" * 8_400_000,
    "5 MB of statements": lambda: "x=1\n" * 1_250_000,
    "a line of 5 MB": lambda: "x = [" + "1," * 2_500_000 + "]\n",
    "a line of 5 MB of lists": lambda: "x = [" + "[]," * 1_600_000 + "]\n",
    "a string of 5 MB": lambda: "x = '" + "a" * 5_000_000 + "'\n",
    "a string of 5 MB that does not end": lambda: "type X = int\nx = '" + "\\\\" * 2_500_000,
    "5 MB of quotes": lambda: "type X = int\n" + '"' * 5_000_000,
    "5 MB of comment": lambda: "# " + "a" * 5_000_000,
    "a name of 5 MB": lambda: "a" * 5_000_000,
    "a number of 5 MB": lambda: "x = " + "1" * 5_000_000,
    "2 MB of blanks": lambda: " " * 2_000_000 + "x",
    "500,000 empty lines": lambda: "\r" * 500_000 + "type X = int",
    "2 MB of continued lines": lambda: "x = \\\n" + "\\\n" * 1_000_000 + "1",
    "100,000 imports": lambda: "".join(f"import m{number}\n" for number in range(100_000)),
    "100,000 names of an import": lambda: "from a import " + ", ".join(f"m{number}" for number in range(100_000)),
    "20,000 fields": lambda: "x = f'" + "{a}" * 20_000 + "'\n",
    "100,000 fields of newer syntax": lambda: 'x = f"{d["a"]}' + "{a}" * 100_000 + '"',
    "NUL bytes": lambda: "\0" * 5_000_000,
}


def read(source: str) -> UnreadableModule | None:
    """Extract the code of the file, and return the error that it ends with."""
    started = time.process_time()
    refusal = None
    try:
        extract(source.encode("utf-8", "surrogatepass"), "app/a.py")
    except UnreadableModule as error:
        refusal = error
    assert time.process_time() - started < AGES
    return refusal


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("shape", NESTED)
def test_nesting_is_read_or_refused_with_its_line(shape: str, depth: int) -> None:
    source = NESTED[shape](depth)

    refusal = read(source)

    if refusal is not None:
        assert refusal.path == "app/a.py"
        assert 1 <= refusal.line <= source.count("\n") + 1
        assert refusal.message


RIGHT = [shape for shape in NESTED if not {"error", "only", "open", "fields", "mappings"} & set(shape.split())]


@pytest.mark.parametrize("shape", RIGHT)
def test_nesting_that_somebody_may_have_written_is_read(shape: str) -> None:
    depth = 1 if shape == "specs in specs" else 15

    assert read(NESTED[shape](depth)) is None


def test_what_is_nested_too_deeply_is_said_to_be_on_its_line() -> None:
    refusal = read("x = 1\n\ny = " + "-" * 50_000 + "1\n\nz = 2\n")

    assert refusal is not None
    assert (refusal.line, refusal.message) == (3, "nested too deeply to be parsed")


@pytest.mark.parametrize("shape", LARGE)
def test_a_large_file_is_read_or_refused(shape: str) -> None:
    refusal = read(LARGE[shape]())

    refused = {
        "50 MB": "too large to be parsed: 50 MB, at most 10 MB",
        "5 MB of statements": "too much code for one file: more than 1,000,000 names, numbers and brackets",
        "a line of 5 MB": "too much code for one file: more than 1,000,000 names, numbers and brackets",
        "a line of 5 MB of lists": "too much code for one file: more than 1,000,000 names, numbers and brackets",
        "5 MB of quotes": "too much code for one file: more than 1,000,000 names, numbers and brackets",
        "a string of 5 MB that does not end": "this string does not end",
        "2 MB of blanks": "unexpected indent",
        "NUL bytes": "the source contains a NUL byte",
    }
    if shape == "a number of 5 MB":
        assert refusal is not None
    else:
        assert (refusal.message if refusal is not None else None) == refused.get(shape)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (b"x = 1\n\0y = 2\n", 2),
        (b"\xff\xfex\0", 1),
        (b"\xfe\xff\0x", 1),
        (b"x = '\xe9'\n", 1),
        (b"# coding: klingon\n", 1),
        (b"# coding: zip\n", 1),
        (b"\xef\xbb\xbf\xef\xbb\xbfx = 1\n", 1),
        (b"<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> other\n", 1),
        (b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n", 2),
        (b"PK\x03\x04\x14\x00\x00", 1),
        (b"\x7fELF\x02\x01\x01\0", 1),
        (b'{"cells": [], "metadata": null\n', 1),
        (b"{{ cookiecutter.name }}\nfrom {{cookiecutter.a}} import b\n", 2),
        (b"x = 1\n{% if x %}\ny = 2\n{% endif %}\n", 2),
        (b"def f(:\n", 1),
        (b"x = 1 +\n", 1),
        (b"x = \xe2\x80\x9chello\xe2\x80\x9d\n", 1),
        (b"x = 1\xc2\xa0+ 1\n", 1),
        (b"  x = 1\n", 1),
        (b"if x:\n    y\n  z\n", 3),
        (b"x = 0777\n", 1),
        (b"x = 1 <> 2\n", 1),
        (b"x = ur'a'\n", 1),
        (b"def f((a, b)): pass\n", 1),
        (b"\x1a", 1),
        (b"\\", 1),
        (b"'''", 1),
        (b"$", 1),
    ],
)
def test_what_no_python_reads_is_refused_with_its_line(source: bytes, line: int) -> None:
    with pytest.raises(UnreadableModule) as caught:
        parse(source, "app/a.py")

    assert (caught.value.path, caught.value.line) == ("app/a.py", line)
    assert caught.value.message


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 8, 13, 21])
def test_any_beginning_of_a_file_is_read_or_refused(size: int) -> None:
    source = (
        b'\xef\xbb\xbf# coding: utf-8\r\ntype X[T] = f"{d["\xc3\xa9"]!r:>{w}}"\ntry: pass\nexcept A, B: x = t\'{y=}\'\n'
    )

    for end in range(size, len(source), 8):
        with suppress(UnreadableModule):
            extract(source[:end], "app/a.py")
        with suppress(UnreadableModule):
            extract(source[end:], "app/a.py")


def test_a_long_line_with_more_than_ascii_takes_no_longer() -> None:
    source = "x = [" + 'f"{d["é"]}é", ' * 20_000 + "]"
    started = time.process_time()

    parse(source.encode(), "app/a.py")

    assert time.process_time() - started < AGES


def test_the_bounds_are_those_that_are_documented() -> None:
    assert (parsing.LARGEST, parsing.MOST_WORDS) == (10_000_000, 1_000_000)


# --- within a target ---

GOOD = "from fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n@router.get('/')\nasync def root() -> None: ...\n"


def target(root: Path) -> Path:
    app = root / "app"
    app.mkdir()
    (app / "__init__.py").touch()
    (app / "api.py").write_text(GOOD)
    return root


@pytest.mark.parametrize(
    ("name", "source", "shown"),
    [
        ("nul.py", b"x\0", ("app/nul.py", 1)),
        ("old.py", b"x = 1\nprint x\n", ("app/old.py", 2)),
        ("latin.py", b"\nx = '\xe9'\n", ("app/latin.py", 2)),
        ("deep.py", b"\n\nx = " + b"(" * 5000, ("app/deep.py", 3)),
        ("long.py", b"x = " + b"-" * 50_000 + b"1", ("app/long.py", 1)),
    ],
)
def test_an_unreadable_file_is_an_error_and_hides_nothing_else(
    tmp_path: Path, name: str, source: bytes, shown: tuple[str, int]
) -> None:
    target(tmp_path)
    (tmp_path / "app" / name).write_bytes(source)

    report = check([tmp_path])

    assert [(problem.path, problem.line) for problem in report.problems] == [shown]
    assert report.files == 3
    assert report.exit_status == 2


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    target(tmp_path)
    (tmp_path / "app" / "broken.py").symlink_to("/proc/self/mem")  # whose first page nobody may read, root included

    report = check([tmp_path])

    assert [problem.path for problem in report.problems] == ["app/broken.py"]
    assert report.problems[0].message.startswith("cannot be read: ")
    assert report.exit_status == 2


@pytest.mark.parametrize("secret", ["app/secret.py", "app/secret"])
def test_what_may_not_be_read_is_an_error(tmp_path: Path, secret: str) -> None:
    target(tmp_path)
    (tmp_path / "app" / "secret").mkdir()
    (tmp_path / "app" / "secret.py").write_text("x = 1\n")
    (tmp_path / secret).chmod(0)

    done = unprivileged(tmp_path, "check", "--no-cache", "--output-format", "json", str(tmp_path))

    assert done.returncode == 2, done.stderr
    problems = json.loads(done.stdout)["errors"]
    assert [(each["path"], each["message"].partition(":")[2]) for each in problems] == [(secret, " Permission denied")]


def test_files_that_vanish_and_change_while_they_are_checked(tmp_path: Path) -> None:
    target(tmp_path)
    bad = "from fastapi import Request\n\n\ndef f(request: Request) -> None:\n    request.app.state.x = 1\n"
    (tmp_path / "app" / "vanishing.py").write_text("x = 1\n")
    (tmp_path / "app" / "changing.py").write_text(bad)

    def change(step: str, done: int, of: int) -> None:
        if step == "reading":
            (tmp_path / "app" / "vanishing.py").unlink(missing_ok=True)
        else:
            (tmp_path / "app" / "changing.py").write_text("")

    report = check([tmp_path], progress=change, selection=Selection(select=("DI108", "CK903")))

    assert [(problem.path, problem.message) for problem in report.problems] == [
        ("app/vanishing.py", "cannot be read: No such file or directory")
    ]
    assert [(f.rule, f.path, f.line) for f in report.findings] == [
        ("DI108", "app/changing.py", 5),
        ("CK903", "app/vanishing.py", 1),
    ]
    assert report.exit_status == 2


def test_pipes_and_links_in_a_ring_do_not_stop_the_check(tmp_path: Path) -> None:
    target(tmp_path)
    os.mkfifo(tmp_path / "app" / "pipe.py")
    with socket.socket(socket.AF_UNIX) as server, contextlib.chdir(tmp_path / "app"):
        server.bind("socket.py")
    (tmp_path / "app" / "ring").symlink_to(tmp_path / "app")
    (tmp_path / "app" / "self.py").symlink_to(tmp_path / "app" / "self.py")
    (tmp_path / "app" / "gone.py").symlink_to(tmp_path / "nowhere.py")

    report = check([tmp_path])

    assert report.files == 4
    assert [problem.path for problem in report.problems] == ["app/gone.py", "app/self.py"]
    assert [note.partition(" was ")[0] for note in report.notes if "regular" in note] == [
        "app/pipe.py",
        "app/socket.py",
    ]


def test_names_that_differ_by_case_alone_are_two_modules(tmp_path: Path) -> None:
    target(tmp_path)
    (tmp_path / "app" / "API.py").write_text(GOOD)
    (tmp_path / "App").mkdir()
    (tmp_path / "App" / "api.py").write_text(GOOD)

    report = check([tmp_path])

    assert (report.files, report.problems) == (4, ())


def test_one_package_under_two_roots_is_checked_twice(tmp_path: Path) -> None:
    bad = "from fastapi import Request\n\n\ndef f(request: Request) -> None:\n    request.app.state.x = 1\n"
    for service in ("billing", "mail"):
        (tmp_path / service).mkdir()
        (target(tmp_path / service) / "pyproject.toml").touch()
        (tmp_path / service / "app" / "late.py").write_text(bad)

    report = check([tmp_path], selection=Selection(select=("DI108",)))

    assert [finding.path for finding in report.findings] == ["billing/app/late.py", "mail/app/late.py"]


def test_stubs_notebooks_and_compiled_files_are_no_modules(tmp_path: Path) -> None:
    target(tmp_path)
    for name in ("__init__.pyi", "api.pyi", "book.ipynb", "api.pyc", "native.so", "x.py~", "x.py.orig", ".hidden.py"):
        (tmp_path / "app" / name).write_text("this is (no Python")

    report = check([tmp_path])

    assert (report.files, report.problems) == (2, ())


@pytest.mark.parametrize("name", ["2to3", "with-dash", "a b", "class", "a.b", "e\u0301", "-", "\udcff", "a\nb", "\x1b"])
def test_a_name_that_is_no_identifier_is_a_file_like_others(tmp_path: Path, name: str) -> None:
    target(tmp_path)
    (tmp_path / "app" / f"{name}.py").write_text("def f(:\n")

    report = check([tmp_path])

    shown = name.replace("\udcff", "\\xff")
    assert [(problem.path, problem.line) for problem in report.problems] == [(f"app/{shown}.py", 1)]


# --- programs that lead nowhere, or everywhere ---

HEAD = (
    "from typing import Annotated\nfrom fastapi import APIRouter, Depends, FastAPI, Request\n"
    "app = FastAPI()\nrouter = APIRouter()\n"
)


def each(count: int, pattern: str, glue: str = "") -> str:
    """Return the pattern `count` times: N is the number, M the next, R the next in a ring."""
    lines = ((pattern, number) for number in range(count))
    return glue.join(
        text.replace("N", str(n)).replace("M", str(n + 1)).replace("R", str((n + 1) % count)) for text, n in lines
    )


def endpoint(parameters: str, body: str = "pass") -> str:
    return f"@router.get('/')\ndef endpoint({parameters}): {body}\n"


LATE = "def f60(app): app.state.x = 1\n"

PROGRAMS = {
    "aliases in a ring": each(500, "aN = aR\n") + endpoint("x: a0, y=Depends(a1)", "a0.b()"),
    "types in a ring": each(300, "tN = dict[str, 'tR'] | int\n") + endpoint("x: t0"),
    "types of types": "a0 = int\n" + each(60, "aM = Annotated[tuple[aN, aN], 1]\n") + endpoint("x: a60"),
    "either and either": "a0 = int\n" + each(60, "aM = aN | aN\n") + endpoint("x: a60"),
    "all types of all types": each(30, "tN = dict[int, " + each(30, "'tN'", "|") + "]\n") + endpoint("x: t0"),
    "classes in a ring": each(300, "class cN(cR): pass\n") + endpoint("x: c0 = Depends()", "x.y()"),
    "a class of itself": "class C(C): pass\n" + endpoint("x: C = Depends()", "x.y()"),
    "classes of both classes": "class a0: pass\nclass b0: pass\n"
    + each(60, "class aM(aN, bN): pass\nclass bM(aN, bN): pass\n")
    + endpoint("x: a60 = Depends()", "x.y()"),
    "functions that call the next twice": each(60, "def fN(app):\n    fM(app)\n    fM(app)\n")
    + LATE
    + endpoint("request: Request", "f0(request.app)"),
    "functions that all call all": each(30, "def gN(app):\n" + each(30, "    gN(app)\n"))
    + endpoint("request: Request", "g0(request.app)"),
    "a long way of calls": each(400, "def gN(app): return gM(app)\n")
    + "def g400(app): app.state.x = 1\n"
    + endpoint("request: Request, x=Depends(g0)", "g0(request.app)"),
    "methods that call the next": "class S:\n"
    + each(400, "    def mN(self): return self.mM()\n")
    + "s = S()\n"
    + endpoint("x=Depends(s.m0)", "s.m0()"),
    "providers of the next twice": each(60, "def dN(a=Depends(dM), b=Depends(dM)): return a\n")
    + "def d60(): return None\n"
    + endpoint("x=Depends(d0)"),
    "routers in the next twice": each(61, "rN = APIRouter(dependencies=[Depends(d)])\n")
    + "def d(): pass\n"
    + each(60, "rN.include_router(rM)\nrN.include_router(rM)\n")
    + "app.include_router(r0)\nrouter = r60\n"
    + endpoint("x=Depends(d)"),
    "routers in a ring": each(60, "rN = APIRouter()\n")
    + each(60, "rN.include_router(rR)\n")
    + "router = r0\n"
    + endpoint(""),
    "texts of texts": "a0 = ''\n"
    + each(60, "aM = f'{aN}{aN}'\n")
    + endpoint("request: Request", "setattr(request.app.state, a60, 1)"),
    "lists of lists": "a0 = [app]\n" + each(60, "aM = [*aN, *aN]\n") + endpoint("x=Depends(a60)", "a60[0].state.x = 1"),
    "a long path": endpoint("request: Request", "request" + ".app" * 800 + ".state.x = 1"),
    "a long sum": endpoint("request: Request", "setattr(request.app.state, " + each(400, "'kN'", " + ") + ", 1)"),
    "many bindings of a name": each(300, "x = fN\n") + endpoint("y=Depends(x)", "x.y()"),
}


def with_program(root: Path, shape: str) -> Path:
    (target(root) / "app" / "main.py").write_text(HEAD + PROGRAMS[shape])
    return root


@pytest.mark.parametrize("shape", PROGRAMS)
def test_a_program_that_leads_everywhere_is_judged(tmp_path: Path, shape: str) -> None:
    report = check([with_program(tmp_path, shape)], selection=Selection(select=("ALL",)))

    assert [(result.rule, result.reason) for result in report.rules if result.status is RuleStatus.CRASHED] == []
    assert report.problems == ()
    assert report.findings != ()


@pytest.mark.parametrize("shape", ["a long way of calls", "a long sum"])
def test_a_write_at_the_end_of_a_long_way_is_found(tmp_path: Path, shape: str) -> None:
    report = check([with_program(tmp_path, shape)], selection=Selection(select=("DI108",)))

    assert {(finding.rule, finding.path) for finding in report.findings} == {("DI108", "app/main.py")}


@pytest.mark.parametrize("width", [2, 12])
def test_modules_that_import_all_of_each_other_are_judged(tmp_path: Path, width: int) -> None:
    stars = {n: each(width, f"from app.m{n // width + 1}xN import *\n") for n in range(0, 12 * width, width)}
    files = {f"m{n // width}x{k}.py": f"{stars[n]}own = {k}\n" for n in stars for k in range(width)}
    files |= {f"r{n}.py": each(12, "from app.rN import *\n") + f"ring{n} = {n}\nnowhere()\n" for n in range(12)}
    app = target(tmp_path) / "app"
    for name, text in {**files, "main.py": f"from app.m0x0 import *\nfrom app.r0 import *\n{HEAD}"}.items():
        (app / name).write_text(text)

    report = check([tmp_path], selection=Selection(select=("ALL",)))

    assert [(result.rule, result.reason) for result in report.rules if result.status is RuleStatus.CRASHED] == []
    assert report.problems == ()
