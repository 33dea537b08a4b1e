"""Patterns of paths mean what pathspec says, and take no longer for being long."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from conformance.globs import globs

PIECES = ("a", "b", "@", "*", "*", "?", "/", "/**/", "**/", "/**", "[ab]", "!", "\\*", ".", "-", " ", "[]a]", "{a}")

patterns = st.lists(st.sampled_from(PIECES), min_size=1, max_size=10).map("".join)
names = st.text("ab@.-*]{}", min_size=1, max_size=4)
paths = st.tuples(st.lists(names, min_size=1, max_size=5).map("/".join), st.sampled_from(["", "/"])).map("".join)


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(lines=st.lists(patterns, min_size=1, max_size=2), path=paths)
def test_they_match_what_they_would_match(lines: list[str], path: str) -> None:
    try:
        plain = GitIgnoreSpec.from_lines(lines)
    except ValueError:
        with pytest.raises(ValueError, match=r"."):
            globs(lines)
        return

    assert globs(lines).check_file(path).include == plain.check_file(path).include


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a*" * 30 + "b", "a" * 250),
        ("*?" * 30 + "b", "a" * 250),
        ("*[ab]" * 30 + "z", "a" * 250),
        ("*[!b]" * 30 + "z", "a" * 250),
        ("a/**/" * 30 + "b", "a/" * 100 + "c"),
        ("a*a/**/" * 15 + "b", "aaaaaaaa/" * 50 + "c"),
        ("**a" * 30 + "/b", "a/" * 100 + "c"),
    ],
)
def test_no_pattern_is_tried_for_ages(pattern: str, path: str) -> None:
    assert not globs([pattern]).match_file(path)


def test_no_set_of_characters_holds_a_slash() -> None:
    assert not globs(["a*b*c*[!a]d"]).match_file("abc/d")
