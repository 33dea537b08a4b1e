"""Which modules a module reaches, and on which ways."""

from __future__ import annotations

from conformance.examples import files_of, program_from

FILES = """
--- app/__init__.py
from app.things import Thing
--- app/things.py
from lib import External
class Thing: ...
value = 1
--- app/package/__init__.py
from app.package.inner import *
from app.package.listed import *
from app.things import value as renamed
--- app/package/inner.py
name = 1
unused = 2
_private = 3
--- app/package/listed.py
from app.package.deep import *
__all__ = ["listed"]
listed = 1
other = 2
--- app/package/deep.py
deep = 1
--- app/user.py
import importlib
import os.path
import app
import app.package.inner
import app.things as t
from app import Thing, package
from app.package import renamed
from app.package import *
from app.things import External
import lib
parts = app.package
def f():
    from app.package.deep import deep
    app.things.value
    app.package.inner.name.attribute
    t.value
    package.listed.listed
    parts.deep
    importlib.import_module("app.package.listed")
    importlib.import_module("lib.other")
    os.path.join
    name, listed
    app.nothing
    unknown.things
"""


def test_each_way_on_which_a_module_reaches_another() -> None:
    program = program_from(files_of(FILES))
    user = next(m for m in program.modules if m.name == "app.user")

    found = [
        f"{r.place.span[0]} {r.verb} {r.qualified}: {' '.join(m.name for m in r.modules)}{' (covered)' * r.covered}"
        for r in program.every_reach(user)
    ]

    assert found == [
        "3 imports app: app",
        "4 imports app.package.inner: app.package.inner",
        "5 imports app.things: app.things",
        "6 imports app.Thing: app app.things",
        "6 imports app.package: app.package",
        "7 imports app.package.renamed: app.package app.things",
        "8 imports app.package: app.package app.package.inner app.package.listed",
        "9 imports app.things.External: app.things",
        "13 imports app.package.deep.deep: app.package.deep",
        "11 uses app.package: app.package (covered)",
        "14 uses app.things.value: app.things (covered)",
        "15 uses app.package.inner.name: app.package.inner (covered)",
        "16 uses t.value: app.things (covered)",
        "17 uses package.listed.listed: app.package.listed",
        "18 uses parts.deep: app.package.deep (covered)",
        "23 uses app.nothing: app (covered)",
        "19 imports app.package.listed: app.package.listed",
    ]


DYNAMIC = """
--- app/__init__.py
--- app/a.py
X = 1
--- app/b/__init__.py
--- app/b/c.py
--- app/user.py
import importlib
import importlib as i
import sys
import sys as s
import app
from importlib import import_module, import_module as load
import lib
def f(name, modules):
    importlib.import_module("app.a")
    i.import_module("app.a")
    import_module("app.a")
    load("app.a")
    load("app.a", lib)
    load(".a", "app")
    load(".b.c", __package__)
    load("..a", "app.b")
    __import__("app.a")
    sys.modules["app.a"]
    s.modules["app.b.c"]
    sys.modules[name]
    modules["app.a"]
    lib.modules["app.a"]
    getattr(app, "a")
    getattr(app.b, "c")
    getattr(app.a, "X")
    getattr(app, name)
    getattr(name, "a")
    load(name)
    load("app.nowhere")
    load("app.user")
    lib.import_module("app.a")
    load()
"""


def test_a_module_that_a_call_or_a_key_names_is_reached() -> None:
    files = files_of(DYNAMIC)
    program = program_from(files)
    user = next(m for m in program.modules if m.name == "app.user")
    lines = files["app/user.py"].splitlines()

    named = {lines[r.place.span[0] - 1].strip(): r.module.name for r in program.reaches(user) if r.edge is None}

    assert named == {
        'importlib.import_module("app.a")': "app.a",
        'i.import_module("app.a")': "app.a",
        'import_module("app.a")': "app.a",
        'load("app.a")': "app.a",
        'load("app.a", lib)': "app.a",
        'load(".a", "app")': "app.a",
        'load(".b.c", __package__)': "app.b.c",
        'load("..a", "app.b")': "app.a",
        '__import__("app.a")': "app.a",
        'sys.modules["app.a"]': "app.a",
        's.modules["app.b.c"]': "app.b.c",
        'load("app.nowhere")': "app",
        'getattr(app, "a")': "app.a",
        'getattr(app.b, "c")': "app.b.c",
    }
