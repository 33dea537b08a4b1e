"""PRD-007's forbidden patterns: spellings that must be found, and what must not be."""

from __future__ import annotations

import pytest

from conformance.config import Config
from conformance.examples import expected_in, files_of, found_in, program_from
from conformance.rules import all_rules
from conformance.selection import Selection, selected

RULES = {rule.id: rule for rule in all_rules() if rule.id.startswith("FP")}

CASES = {
    "FP803 of typing_extensions": """
--- app/a.py
import typing_extensions as te
from typing_extensions import TYPE_CHECKING
if TYPE_CHECKING:  # expect: FP803
    import os
if te.TYPE_CHECKING:  # expect: FP803
    import sys
""",
    "FP805 of typing_extensions": """
--- app/a.py
from typing_extensions import Any
def f(x: Any) -> int: ...  # expect: FP805
""",
    "FP802 under another name, until that means something else": """
--- app/a.py
import typing
to = typing.cast
def f(x): return to(int, x)  # expect: FP802
def g(x):
    to = print
    return to(int, x)
def h(x):
    as_int, as_str = typing.cast, str  # expect: FP802
    return as_str(x)
""",
    "FP801 in a lambda, a comprehension, a decorator's argument, a default and a class body": """
--- app/a.py
def f(x, ask=lambda y: isinstance(y, int)):  # expect: FP801
    return [y for y in x if isinstance(y, str)]  # expect: FP801
class A:
    KIND = isinstance(f, type)  # expect: FP801
    def g(self):
        def h(x):
            return not isinstance(x, (int, float))  # expect: FP801
        return h
def listen(*given): return lambda f: f
@listen(isinstance(f, type))  # expect: FP801
def k(): ...
""",
    "FP801 a parameter, a local and a method of that name are others; issubclass is": """
--- app/a.py
def f(isinstance):
    return isinstance(1, int)
def g():
    def isinstance(a, b): return True
    return isinstance(1, int)
class A:
    def isinstance(self, a): return a
    def h(self): return self.isinstance(1)
def k(x): return issubclass(x, int)
""",
    "FP801 twice in a line is one finding; the import is none": """
--- app/a.py
from builtins import isinstance
def f(a, b): return isinstance(a, int) or isinstance(b, int)  # expect: FP801
""",
    "FP801 in tests is no finding": """
--- tests/test_a.py
def test_a(): assert isinstance(1, int)
--- app/a.py
A = 1
""",
    "FP802 a star import, an import within a function, a keyword": """
--- app/a.py
from typing import *
def f(x): return cast(int, x)  # expect: FP802
--- app/b.py
def f(x):
    import typing
    return typing.cast(typ="int", val=x)  # expect: FP802
def g(x):
    from typing import cast as to
    return to(int, x)  # expect: FP802
def h(xs):
    import typing
    return map(typing.cast, [int], xs)  # expect: FP802
""",
    "FP802 other casts": """
--- app/a.py
import sqlalchemy as sa
from sqlalchemy import cast
from sqlalchemy.dialects.postgresql import JSONB
def f(x): return cast(x, JSONB), sa.cast(x, JSONB), x.cast(JSONB)
""",
    "FP803 within a function and a class, combined, and with an else": """
--- app/a.py
import typing
from typing import TYPE_CHECKING
ON = typing.TYPE_CHECKING
def f():
    if TYPE_CHECKING:  # expect: FP803
        import decimal
class A:
    if TYPE_CHECKING and f:  # expect: FP803
        x: int
    else:
        x = 1
if ON:  # expect: FP803
    import fractions
""",
    "FP803 the import alone is no use, a flag of one's own no such one": """
--- app/a.py
from typing import TYPE_CHECKING
DEBUG = False
if DEBUG:
    import pdb
""",
    "FP805 in every kind of annotation": """
--- app/a.py
from __future__ import annotations
import typing as t
from typing import Annotated, Any, Callable, Optional, TypeAlias, TypeVar
Json: TypeAlias = "dict[str, Any]"  # expect: FP805
T = TypeVar("T", bound=Any)  # expect: FP805
def f(x: Optional[Any]) -> None: ...  # expect: FP805
def g(x: int) -> Callable[..., Any]: ...  # expect: FP805
def h(*args: Any) -> None: ...  # expect: FP805
async def i(
    x: int,
    y: Annotated[t.Any, "why"] = None,  # expect: FP805
    **more: Any,  # expect: FP805
) -> None:
    z: list[Any] = []  # expect: FP805
class A(t.Any):  # expect: FP805
    b: Any  # expect: FP805
    def c(self) -> Any | None: ...  # expect: FP805
J = t.cast(Any, 1)  # expect: FP805, FP802
def k(x: lambda y: Any) -> lambda: Any: ...  # expect: FP805
""",
    "FP805 any, an own Any, and words": """
--- app/a.py
from unittest.mock import ANY
class Any: ...
def f(x: Any) -> bool: return any(x)
TEXT = "Any"
\"\"\"Any is said here.\"\"\"
""",
    "FP804 (1) everything, in other words": """
--- app/a.py
import builtins, traceback, warnings
from contextlib import suppress as quiet
def a(f):
    try: f()
    except (ValueError, Exception): ...  # expect: FP804
def b(f):
    try: f()
    except builtins.Exception as e:  # expect: FP804
        print(e)
        result = {"ok": False, "why": str(e)}
    return result
def c(f, xs):
    for x in xs:
        try: f(x)
        except Exception:  # expect: FP804
            continue
async def d(f, log):
    try: await f()
    except BaseException as e:  # expect: FP804
        await log.aerror("x")
        return f"failed: {e!r}"
def e(f):
    with quiet(ValueError, Exception):  # expect: FP804
        f()
def g(f):
    try: f()
    except Exception:  # expect: FP804
        traceback.print_exc()
        return -1
try:
    import orjson
except Exception:  # expect: FP804
    orjson = None
""",
    "FP804 (1) one that does something": """
--- app/a.py
from contextlib import suppress
def a(f, job):
    try: f()
    except Exception as e:
        job.fail(e)
def b(f, other):
    try: return f()
    except Exception:
        return other()
def c(f):
    with suppress(ValueError): f()
try:
    import orjson
except ImportError:
    orjson = None
def d(f):
    try: return f()
    except ValueError: return None
    finally: f.close()
def e(f):
    try: f()
    finally: f.close()
""",
    "FP804 (1) an endless loop that logs goes on; one that is silent, and one that ends, do not": """
--- app/a.py
def a(f, log):
    while True:
        try: f()
        except Exception: log.exception("x")
def b(f):
    while True:
        try: f()
        except Exception: pass  # expect: FP804
def c(f, log, xs):
    while xs:
        try: f()
        except Exception: log.exception("x")  # expect: FP804
""",
    "FP804 (2) even an exit": """
--- app/a.py
def a(f, job):
    try: f()
    except:  # expect: FP804
        job.mark()
def b(f, job):
    try: f()
    except BaseException as e:
        job.mark(e)
        raise
def c(f, job):
    try: f()
    except BaseException as e:
        raise RuntimeError("x") from e
""",
    "FP804 (3) again": """
--- app/a.py
def a(f):
    try: f()
    except ValueError: raise  # expect: FP804
def b(f, log):
    try: f()
    except Exception as e:  # expect: FP804
        log.error("x", e)
        raise e
def c(f, log):
    try: f()
    except KeyError: raise
    except LookupError as e: raise ValueError from e
def d(f):
    try: f()
    except ValueError as e: raise e from None
def e(f, db):
    try: f()
    except Exception:
        db.rollback()
        raise
""",
    "FP804 (4) 500": """
--- app/a.py
from http import HTTPStatus
from fastapi import HTTPException, status
def a(f, log):
    try: f()
    except Exception as e:  # expect: FP804
        log.error(e)
        raise HTTPException(status.HTTP_500_INTERNAL_SERVER_ERROR, "x") from e
def b(f):
    try: f()
    except Exception: raise HTTPException(status_code=HTTPStatus.INTERNAL_SERVER_ERROR)  # expect: FP804
def c(f):
    try: f()
    except Exception: raise HTTPException(502)
def d(f):
    try: f()
    except ValueError: raise HTTPException(500)
""",
    "FP804 (4) 500 by other names, and errors of others": """
--- app/a.py
from fastapi import HTTPException
from starlette import exceptions
from starlette.status import HTTP_500_INTERNAL_SERVER_ERROR
from lib import HTTPException as Other
def a(f):
    try: f()
    except Exception: raise HTTPException(HTTP_500_INTERNAL_SERVER_ERROR)  # expect: FP804
def b(f):
    try: f()
    except Exception: raise Other(500)
def c(f):
    try: f()
    except Exception: raise exceptions.HTTPException(500)  # expect: FP804
def d(f):
    try: f()
    except Exception: raise HTTPException(503, 500)
def e(f):
    try: f()
    except Exception: raise HTTPException(detail=500, status_code=503)
""",
    "FP804 (1) suppress among others, and what is none": """
--- app/a.py
from contextlib import suppress
from lib import suppressing
def a(f, lock):
    with suppressing(Exception):
        f()
    with lock, suppress(Exception):  # expect: FP804
        f()
    with suppress(ValueError, Exception):  # expect: FP804
        f()
    with suppress(ValueError):
        f()
class A:
    try:
        x = 1
    except Exception:  # expect: FP804
        x = 2
""",
    "FP804 (1) defaults of all kinds, and results": """
--- app/a.py
from lib import Result, str as text
def a(f):
    try: f()
    except Exception: return -1  # expect: FP804
def b(f):
    try: f()
    except Exception as e: return e.args  # expect: FP804
def c(f):
    try: f()
    except Exception: return Result.EMPTY
def d(f):
    try: f()
    except Exception as e: return str(e), {"error": repr(e), **{}}  # expect: FP804
def e(f):
    try: f()
    except Exception: return str()  # expect: FP804
def g(f):
    try: f()
    except Exception: return list(f)
def h(f):
    try: f()
    except Exception as e: return [e, f]
def i(f):
    try: f()
    except Exception as e: return {"error": f}
def j(f):
    try: f()
    except Exception as e: return text(e)
def k(f):
    try: f()
    except Exception: return str(f)
def l(f):
    try: f()
    except Exception: return f"{f}"
def m(f):
    while True:
        f()
        for _ in f:
            try: f()
            except Exception: f.log("x")  # expect: FP804
        try: f()
        except Exception: f.log("x")
def n(f):
    try: f()
    except:  # expect: FP804
        f("x")
        return
try: print()
except BaseException:  # expect: FP804
    print("x")
    exit_code = sum((1, 2))
try: print()
except BaseException:  # expect: FP804
    print("x")
    raise
try: print()
except BaseException:
    print("x")
    exit_code = sum((1, 2))
    raise
""",
    "FP804 (5) the same": """
--- app/a.py
def a(f, log):
    try: f()
    except ValueError:  # expect: FP804
        log.info("a")
        return None
    except KeyError:  # expect: FP804
        log.info("b")
        return None
def b(f):
    try: return f()
    except ValueError: return 1
    except KeyError: return 2
def c(f, g):
    try: return f()
    except ValueError: return g()
    except KeyError: return g()
""",
    "FP804 (6) nested": """
--- app/a.py
def a(f, g):
    try:
        if f():
            try: g()  # expect: FP804
            except KeyError: g(1)
    except ValueError: g(2)
def b(f, g):
    try:
        with f() as x:
            try: g(x)  # expect: FP804
            except KeyError: g(1)
            finally: g(3)
    except ValueError: g(2)
def c(f, g):
    try:
        for x in f():
            try: g(x)
            except KeyError: g(1)
    except ValueError: g(2)
def d(f, g):
    try:
        try: f()
        finally: g()
    except ValueError: g(2)
def e(f, g):
    try: f()
    except ValueError: g(2)
    finally:
        try: g()
        except KeyError: g(1)
def h(f, g):
    try:
        def k():
            try: g()
            except KeyError: g(1)
        f(k)
    except ValueError: g(2)
def i(f, g):
    try: f()
    except ValueError: g(2)
    else:
        try: g()
        except KeyError: g(1)
def j(f, g):
    try:
        try: f()
        finally:
            g()
    finally:
        try: g()
        except KeyError: g(1)
""",
    "FP804 in tests is no finding": """
--- tests/test_a.py
def test_a():
    try: 1 / 0
    except Exception: pass
""",
}


@pytest.mark.parametrize("files", CASES.values(), ids=CASES)
def test_what_is_marked_is_found_and_nothing_else(files: str) -> None:
    found = files_of(files)

    assert found_in(program_from(found), RULES.values()) == expected_in(found)


def test_they_are_off_until_they_are_asked_for() -> None:
    rules = all_rules()

    off = selected(rules, Config(), Selection())
    on = selected(rules, Config(extend_select=("FP",)), Selection())

    assert [rule.id for rule in on.rules if rule not in off.rules] == ["FP801", "FP802", "FP803", "FP804", "FP805"]
