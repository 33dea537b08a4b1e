"""Calls within each other for longer than Python lets them: for code that is nested, and chains of it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["calls_up_to"]


@contextmanager
def calls_up_to(most: int) -> Iterator[None]:
    """Let that many calls hang on one another meanwhile, or as many as there may be already."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, most))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
