"""Stretches of lines within each other, such as statements, and which of them hold a line."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Nested"]


class Nested:
    """Stretches by their first and last lines, in order: by the first, and the longer before the shorter."""

    def __init__(self, stretches: Sequence[tuple[int, int]]) -> None:
        self._firsts = [first for first, _ in stretches]
        self._lasts = [last for _, last in stretches]
        self._holders: list[int] = []
        """For each the number of the one that it stands in, or that ends where it begins; else -1."""
        open_ones: list[int] = []
        for number, (first, _) in enumerate(stretches):
            while open_ones and self._lasts[open_ones[-1]] < first:
                open_ones.pop()
            self._holders.append(open_ones[-1] if open_ones else -1)
            open_ones.append(number)

    def __len__(self) -> int:
        return len(self._firsts)

    def around(self, line: int) -> Iterator[int]:
        """Yield the numbers of those that hold a line, the innermost first."""
        return self._holding(line, bisect_right(self._firsts, line) - 1)

    def begun_before(self, line: int) -> Iterator[int]:
        """Yield the numbers of those that hold a line and begin on an earlier one, the innermost first."""
        return self._holding(line, self.following(line) - 1)

    def following(self, line: int) -> int:
        """Return the number of the first that begins on a line or behind it."""
        return bisect_left(self._firsts, line)

    def _holding(self, line: int, number: int) -> Iterator[int]:
        while number >= 0:
            if line <= self._lasts[number]:
                yield number
            number = self._holders[number]
