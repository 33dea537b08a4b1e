"""Writes a synthetic application: `python -m tests.benchmarks.generate --modules 1000 --shape dense OUT`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tests.benchmarks import dense, sparse

SHAPES: Final[Mapping[str, Callable[[int, int, float], Iterator[tuple[str, str]]]]] = {
    "dense": dense.files,
    "sparse": sparse.files,
}
"""For each shape what yields the path and the text of so many modules, given a seed and the share of violations."""

PACKAGES: Final = {"dense": "app", "sparse": "library"}


def generate(folder: Path, shape: str, modules: int, *, seed: int = 0, violations: float = 0.02) -> int:
    """Write an application below a folder that is empty or not there, and return how many bytes it has."""
    total = 0
    for path, text in SHAPES[shape](modules, seed, violations):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode()
        with file.open("xb") as opened:
            opened.write(data)
        total += len(data)
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", metavar="OUT", type=Path)
    parser.add_argument("--modules", type=int, default=1000)
    parser.add_argument("--shape", choices=SHAPES, default="dense")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--violations", type=float, default=0.02, help="the share of features that break a rule")
    given = parser.parse_args()
    size = generate(given.folder, given.shape, given.modules, seed=given.seed, violations=given.violations)
    print(f"{given.folder}: {given.modules} modules, {size} bytes, {size // max(given.modules, 1)} a module")


if __name__ == "__main__":
    main()
