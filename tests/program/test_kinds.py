"""What is a value, and what is a dependency."""

from __future__ import annotations

import pytest

from conformance.examples import program_from
from conformance.program.kinds import Kinds, Relation
from conformance.program.scopes import ClassScope, ModuleScope


@pytest.mark.parametrize(
    ("name", "is_value"),
    [
        ("crawl4ai.BrowserConfig", True),
        ("langchain_core.runnables.RunnableConfig", True),
        ("pendulum.Timezone", True),
        ("httpx.Timeout", True),
        ("builtins.dict", True),
        ("httpx.AsyncClient", False),
        ("acme.Mailer", False),
        ("pydantic_settings.BaseSettings", False),
    ],
)
def test_what_only_says_how_something_is_done_is_a_value(name: str, is_value: bool) -> None:
    assert Kinds(program_from({}).names).is_value(name) is is_value


CLASSES = """
import abc
import collections
import dataclasses
import datetime
import enum
import typing
from typing import Iterator, NamedTuple, Protocol, TypedDict
import attrs
import lib
import pydantic
import sqlalchemy as sa
from pydantic.dataclasses import dataclass as validated
from pydantic_settings import BaseSettings
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, scoped_session
from starlette.responses import Response
from fastapi.responses import JSONResponse
class Plain: ...
class Derived(Plain): ...
class Unrelated: ...
class Abstract(abc.ABC): ...
class Model(pydantic.BaseModel): ...
class Submodel(Model): ...
class Settings(BaseSettings): ...
@dataclasses.dataclass
class Data: ...
@dataclasses.dataclass(frozen=True)
class Frozen: ...
class OfData(Data): ...
@attrs.define
class Attrs: ...
@validated
class Validated: ...
@lib.dataclass
class NoData: ...
class Level(enum.Enum): ...
class Text(enum.StrEnum): ...
class Number(enum.IntEnum): ...
class Both(str, enum.Enum): ...
class Pair(NamedTuple): ...
class Shape(TypedDict): ...
class Own(dict): ...
class Failure(Exception): ...
class LibraryFailure(lib.StrangeError): ...
class Answer(Response): ...
class Json(JSONResponse): ...
class Base(DeclarativeBase): ...
class Row(Base):
    __tablename__ = "rows"
class Typed(lib.Base):
    id: Mapped[int]
class Columns(lib.Base):
    id = mapped_column()
class OldColumns(lib.Base):
    id = sa.Column()
class NoColumns(lib.Base):
    id = lib.Column()
class FromLibrary(lib.Base): ...
class Meta(metaclass=lib.Meta): ...
class Named(Protocol): ...
class Naming(Named): ...
class Kept(Session): ...
class Walks:
    def __iter__(self): ...
class Type(type): ...
class Generic(typing.Generic[typing.T]): ...
"""


def class_of(module: ModuleScope, name: str) -> ClassScope | str:
    return next((cls for cls in module.classes if cls.name == name), name)


VALUES = {
    "Plain": False, "Derived": False, "Abstract": False, "Model": True, "Submodel": True, "Settings": False,
    "Data": True, "Frozen": True, "OfData": True, "Attrs": True, "Validated": True, "NoData": False, "Level": True,
    "Text": True, "Number": True, "Both": True, "Pair": True, "Shape": True, "Own": True, "Failure": True,
    "LibraryFailure": True, "Answer": True, "Json": True, "Base": True, "Row": True, "Typed": True, "Columns": True,
    "OldColumns": True, "NoColumns": False, "FromLibrary": False, "Named": False, "Kept": False, "Walks": False,
    "Type": False,
}  # fmt: skip


@pytest.mark.parametrize(("name", "is_value"), VALUES.items(), ids=VALUES)
def test_a_class_of_the_target_is_a_value_by_what_it_inherits_or_declares(name: str, is_value: bool) -> None:
    program = program_from({"app/a.py": CLASSES})

    assert Kinds(program.names).is_value(class_of(program.modules[-1], name)) is is_value


RELATIONS = {
    ("Plain", "Plain"): True,
    ("Plain", "Derived"): True,
    ("Derived", "Plain"): True,
    ("Plain", "Unrelated"): False,
    ("Plain", "Abstract"): False,
    ("Plain", "FromLibrary"): None,
    ("FromLibrary", "Plain"): None,
    ("Plain", "Meta"): None,
    ("Plain", "Named"): None,
    ("Naming", "Plain"): False,
    ("Plain", "lib.Thing"): None,
    ("builtins.int", "builtins.str"): False,
    ("builtins.dict", "typing.Dict"): True,
    ("typing.List", "builtins.list"): True,
    ("builtins.dict", "Own"): True,
    ("builtins.dict", "Shape"): True,
    ("builtins.list", "Shape"): False,
    ("builtins.tuple", "Pair"): True,
    ("builtins.str", "Text"): True,
    ("builtins.str", "Both"): True,
    ("builtins.int", "Number"): True,
    ("builtins.float", "Number"): True,
    ("builtins.str", "Level"): False,
    ("builtins.object", "Plain"): None,
    ("datetime.date", "datetime.datetime"): True,
    ("datetime.datetime", "datetime.date"): True,
    ("datetime.time", "datetime.date"): False,
    ("pathlib.PurePath", "pathlib.Path"): True,
    ("sqlalchemy.orm.Session", "Kept"): True,
    ("sqlalchemy.orm.Session", "redis.asyncio.Redis"): False,
    ("sqlalchemy.orm.Session", "sqlalchemy.orm.scoped_session"): None,
    ("typing.Iterator", "typing.Generator"): None,
    ("typing.Iterator", "Plain"): False,
    ("Plain", "typing.AsyncIterator"): False,
    ("typing.Iterator", "Walks"): None,
    ("typing.Iterator", "Named"): None,
    ("typing.Iterator", "FromLibrary"): None,
    ("typing.Iterator", "builtins.int"): False,
    ("typing.Iterator", "datetime.date"): False,
    ("typing.Iterator", "lib.Thing"): None,
    ("Generic", "Plain"): False,
}


@pytest.mark.parametrize(("pair", "can_be"), RELATIONS.items(), ids=map(" ".join, RELATIONS))
def test_what_is_given_can_be_what_is_wanted(pair: tuple[str, str], can_be: bool | None) -> None:
    program = program_from({"app/a.py": CLASSES})
    wanted, given = (class_of(program.modules[-1], name) for name in pair)

    assert Relation(program.names).can_be(wanted, given) is can_be
