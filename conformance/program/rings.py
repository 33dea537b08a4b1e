"""Questions that lead to one another, in the order in which they can be answered."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

_Key = TypeVar("_Key", bound=Hashable)


def rings(start: _Key, leads_to: Callable[[_Key], Iterable[_Key]]) -> Iterator[list[_Key]]:
    """Yield what `start` leads to, itself included, in groups: each after those that it leads to.

    What leads to itself by way of others is one group with these; all else is a group of its own. (Tarjan's strongly
    connected components, with a stack of its own, so that no length of a chain is too long.)
    """
    number: dict[_Key, int] = {start: 0}
    lowest: dict[_Key, int] = {start: 0}
    open_ones: list[_Key] = [start]
    is_open = {start}
    pending = [(start, iter(leads_to(start)))]
    while pending:
        key, following = pending[-1]
        for inner in following:
            if inner not in number:
                number[inner] = lowest[inner] = len(number)
                open_ones.append(inner)
                is_open.add(inner)
                pending.append((inner, iter(leads_to(inner))))
                break
            if inner in is_open:
                lowest[key] = min(lowest[key], number[inner])
        else:
            pending.pop()
            if pending:
                outer = pending[-1][0]
                lowest[outer] = min(lowest[outer], lowest[key])
            if lowest[key] == number[key]:
                ring = [open_ones.pop()]
                while ring[-1] != key:
                    ring.append(open_ones.pop())
                is_open.difference_update(ring)
                yield ring
