"""Answers to questions that may lead back to themselves.

What a name stands for hangs on what other names stand for, and these may hang on it. Here such answers are found, once
each; what the questions are about is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from typing import Generic, TypeAlias, TypeVar

from conformance.recursion import calls_up_to

__all__ = ["ROUNDS", "Answers", "TooDeepError"]

_Value = TypeVar("_Value")
_Question: TypeAlias = tuple[object, Callable[[], tuple[_Value, ...]], object]

ROUNDS = 12
"""How often a ring of questions is asked anew until nothing changes; four are enough for all real code seen."""
DEEPEST = 80
"""How many questions may hang on one another; what is behind that is asked for by itself, before them."""
DEEPEST_IN_RING = 400
"""How many, where one of them leads back to itself by way of more than that; behind that nothing is known."""
_DEEP = 20
"""With so many on one another, more calls within each other are let than Python lets by itself."""
_CALLS = 8_000
"""How many calls: about nine a question, seldom twice as many."""


class TooDeepError(Exception, Generic[_Value]):
    """More questions hang on one another than may; the last of them is to be answered by itself.

    It passes through what computes the answers on its way: what that has begun, and keeps, is to be dropped.
    """

    def __init__(self, question: _Question[_Value]) -> None:
        super().__init__()
        self.question = question


class Answers(Generic[_Value]):
    """What questions were answered with: each answer is a set of values, as a tuple, that only grows within a ring.

    The answers do not depend on the order of the questions: one that was cut short by a ring is not kept.

    Attributes:
        known: the answers that are known for good, by question; for whoever cannot afford a call to look one up.
    """

    def __init__(self, union: Callable[[Iterable[tuple[_Value, ...]]], tuple[_Value, ...]]) -> None:
        """Take what joins the answers that a question in a ring gets one after the other."""
        self.known: dict[object, tuple[_Value, ...]] = {}
        self._union = union
        self._kept: list[object] = []
        self._running: dict[object, int] = {}
        self._lowest: list[int] = []
        self._provisional: dict[object, tuple[tuple[_Value, ...], object]] = {}
        """The answers within rings that are not settled yet, each with the outermost question that it hung on."""
        self._assumed: dict[object, tuple[_Value, ...]] = {}
        self._ring: list[object] = []
        self._changes = 0
        self._deepest = DEEPEST

    def forget(self) -> None:
        """Drop what is known: what the answers hang on has changed."""
        self.known.clear()

    def remember(
        self, key: object, compute: Callable[[], tuple[_Value, ...]], keep: object = None
    ) -> tuple[_Value, ...]:
        """Return the answer to a question, computed once.

        Where the question leads back to itself, what is assumed for it is () at first, then what came out, until
        nothing new comes out: the least fixed point, whichever question was asked first. Until the outermost question
        of such a ring is answered, the answers within it are provisional. Where too many hang on one another, the last
        of them is answered first, so that no answer depends on where the asking began.

        Args:
            key: the question.
            compute: finds the answer, and asks other questions for it.
            keep: what must live as long as the answer: where the identity of something is a part of the key.
        """
        known = self.known.get(key)
        if known is not None:
            return known
        provisional = self._provisional.get(key)
        if provisional is not None:
            values, outer = provisional
            self._lowest[-1] = min(self._lowest[-1], self._depth_of(outer))
            return values
        at = self._running.get(key)
        if at is not None:
            self._lowest[-1] = min(self._lowest[-1], at)
            return self._assumed.setdefault(key, ())
        if not self._running:
            return self._outermost((key, compute, keep))
        if len(self._running) > self._deepest:
            if self._deepest == DEEPEST:
                raise TooDeepError((key, compute, keep))
            return ()
        return self._asked(key, compute, keep)

    def _outermost(self, question: _Question[_Value]) -> tuple[_Value, ...]:
        """Answer a question on which no other hangs, and before it those that it leads to in the depth."""
        pending = {question[0]: question}
        while pending:
            key, compute, keep = next(reversed(pending.values()))
            try:
                result = self.known[key] if key in self.known else self._asked(key, compute, keep)
            except TooDeepError as error:
                self._drop_begun()
                deeper = error.question
                if deeper[0] in pending:
                    self._deepest = DEEPEST_IN_RING
                else:
                    pending[deeper[0]] = deeper
            except BaseException:
                self._drop_begun()
                self._deepest = DEEPEST
                raise
            else:
                del pending[key]
                self._deepest = DEEPEST
        return result

    def _drop_begun(self) -> None:
        """Drop what hangs on questions that are not answered after all."""
        self._provisional.clear()
        self._assumed.clear()
        self._ring.clear()

    def _asked(self, key: object, compute: Callable[[], tuple[_Value, ...]], keep: object) -> tuple[_Value, ...]:
        depth = len(self._running)
        if depth == _DEEP:
            compute = partial(_with_room, compute)
        self._kept.append(keep)
        self._running[key] = depth
        self._lowest.append(depth)
        mark = len(self._ring)
        try:
            result = self._settled(key, compute, depth, mark)
        finally:
            del self._running[key]
            lowest = self._lowest.pop()
        if lowest >= depth:
            self.known[key] = result
            for inner in self._ring[mark:]:
                self.known[inner] = self._provisional.pop(inner)[0]
                self._assumed.pop(inner, None)
            del self._ring[mark:]
            self._assumed.pop(key, None)
        else:
            self._provisional[key] = (result, next(islice(self._running, lowest, None)))
            self._ring.append(key)
            self._lowest[-1] = min(self._lowest[-1], lowest)
        return result

    def _depth_of(self, outer: object) -> int:
        """Return how deep a question is asked on which a provisional answer hung, or what that hangs on itself."""
        while outer not in self._running:
            outer = self._provisional[outer][1]
        return self._running[outer]

    def _settled(
        self, key: object, compute: Callable[[], tuple[_Value, ...]], depth: int, mark: int
    ) -> tuple[_Value, ...]:
        """Compute, again and again where the question is the outermost of a ring and something new came out."""
        for _ in range(ROUNDS):
            before = self._changes
            result = compute()
            assumed = self._assumed.get(key)
            if assumed is not None and not set(result) <= set(assumed):
                self._assumed[key] = self._union((assumed, result))
                self._changes += 1
            if assumed is None or self._lowest[-1] < depth or self._changes == before:
                break
            for inner in self._ring[mark:]:
                del self._provisional[inner]
            del self._ring[mark:]
        return result


def _with_room(compute: Callable[[], tuple[_Value, ...]]) -> tuple[_Value, ...]:
    with calls_up_to(_CALLS):
        return compute()
