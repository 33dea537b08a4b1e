"""Questions that lead to one another: each answered once, in rings too, whichever is asked first."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from conformance.program.answers import DEEPEST, DEEPEST_IN_RING, ROUNDS, Answers
from conformance.recursion import calls_up_to

Graph = Mapping[int, Sequence[int]]


def union(groups: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(groups)))


class Reachable:
    """Asks of each number which ones it leads to, itself included."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.answers: Answers[int] = Answers(union)
        self.computed: Counter[int] = Counter()

    def ask(self, number: int) -> tuple[int, ...]:
        return self.answers.remember(number, lambda: self._compute(number))

    def _compute(self, number: int) -> tuple[int, ...]:
        self.computed[number] += 1
        return union(((number,), *map(self.ask, self.graph[number])))


def reachable(graph: Graph, start: int) -> set[int]:
    """Return the same, found in the plain way."""
    found = {start}
    pending = [start]
    while pending:
        new = set(graph[pending.pop()]) - found
        found |= new
        pending += new
    return found


@st.composite
def graphs(draw: st.DrawFn) -> dict[int, list[int]]:
    size = draw(st.integers(1, 9))
    return {number: draw(st.lists(st.integers(0, size - 1), max_size=3)) for number in range(size)}


@given(graphs(), st.randoms(use_true_random=False))
def test_each_answer_is_the_least_fixed_point_whichever_question_is_asked_first(graph: Graph, random: object) -> None:
    order = list(graph)
    random.shuffle(order)  # type: ignore[attr-defined]
    asked = Reachable(graph)

    assert {number: set(asked.ask(number)) for number in order} == {each: reachable(graph, each) for each in graph}


@given(graphs())
@example({0: [1, 2], 1: [0, 3], 2: [4], 3: [4], 4: [1]})  # 4 hangs on 1, which hangs on 0
def test_all_that_hangs_on_a_question_is_known_for_good_when_it_is_answered(graph: Graph) -> None:
    asked = Reachable(graph)

    asked.ask(0)

    known = {key: set(values) for key, values in asked.answers.known.items()}
    assert known == {each: reachable(graph, each) for each in reachable(graph, 0)}


def test_a_question_outside_of_rings_is_computed_once() -> None:
    asked = Reachable({0: [1, 2], 1: [3], 2: [3], 3: []})

    asked.ask(0)
    asked.ask(3)

    assert asked.computed == {0: 1, 1: 1, 2: 1, 3: 1}


def test_what_is_forgotten_is_computed_anew() -> None:
    asked = Reachable({0: []})

    asked.ask(0)
    asked.answers.forget()
    asked.ask(0)

    assert asked.computed == {0: 2}


@pytest.mark.parametrize("start", [0, 250, 499])
def test_an_answer_that_is_far_away_is_found(start: int) -> None:
    length = 500
    asked = Reachable({number: [number + 1] if number + 1 < length else [] for number in range(length)})

    assert asked.ask(start) == tuple(range(start, length))
    assert max(asked.computed.values()) < length / DEEPEST


def test_a_long_ring_is_known_whole() -> None:
    length = DEEPEST_IN_RING - 1
    asked = Reachable({number: [(number + 1) % length] for number in range(length)})

    with calls_up_to(8_000):
        assert set(asked.ask(7)) == set(range(length))


def test_of_a_ring_that_is_too_long_a_part_is_known() -> None:
    length = DEEPEST_IN_RING * 2
    asked = Reachable({number: [(number + 1) % length] for number in range(length)})

    with calls_up_to(8_000):
        found = asked.ask(7)

    assert set(range(7, 7 + DEEPEST)) <= set(found) < set(range(length))


def test_an_answer_that_never_stops_growing_is_left_as_it_is() -> None:
    answers: Answers[int] = Answers(union)
    computed = 0

    def compute() -> tuple[int, ...]:
        nonlocal computed
        computed += 1
        before = answers.remember("endless", compute)
        return (*before, len(before))

    assert answers.remember("endless", compute) == tuple(range(ROUNDS))
    assert computed == ROUNDS


def test_an_error_leaves_nothing_behind_that_is_not_so() -> None:
    graph = {0: [1, 2], 1: [0], 2: [3], 3: []}
    asked = Reachable({**graph, 2: [4]})

    with pytest.raises(KeyError):
        asked.ask(0)
    asked.graph = graph

    assert {number: set(asked.ask(number)) for number in graph} == {each: reachable(graph, each) for each in graph}


def test_what_a_question_is_named_by_lives_as_long_as_the_answer() -> None:
    class Named:
        pass

    answers: Answers[int] = Answers(union)
    named = Named()
    alive = weakref.ref(named)

    answers.remember(id(named), lambda: (1,), keep=named)
    del named
    gc.collect()

    assert alive() is not None
