"""What no import runs, in every spelling, wherever the module says it."""

from __future__ import annotations

import pytest

from conformance.examples import program_from
from conformance.program.guards import unrun_lines

UNRUN = {
    "main": 'if __name__ == "__main__":\n    x = 1  # unrun',
    "turned": 'if "__main__" == __name__:\n    x = 1  # unrun',
    "and more": 'if __name__ == "__main__" and y:\n    x = 1  # unrun',
    "not imported": 'if __name__ != "__main__":\n    x = 1\nelse:\n    x = 2  # unrun',
    "imported, too": 'if __name__ == "__main__":\n    x = 1  # unrun\nelse:\n    x = 2',
    "under a condition": 'if True:\n    if __name__ == "__main__":\n        x = 1  # unrun\n    x = 2',
    "in a try": 'try:\n    if __name__ == "__main__":\n        x = 1  # unrun\nfinally:\n    x = 2',
    "for the type checker": "if typing.TYPE_CHECKING:\n    import a  # unrun\nelse:\n    import b",
    "not for the type checker": "if not TYPE_CHECKING:\n    import a\nelse:\n    import b  # unrun",
    "another name": 'if __name__ == "app":\n    x = 1',
}


@pytest.mark.parametrize("source", UNRUN.values(), ids=UNRUN)
def test_the_lines_that_no_import_runs(source: str) -> None:
    program = program_from({"app.py": source})

    unrun = [number for lines in unrun_lines(program.modules[0]) for number in lines]

    assert unrun == [number for number, line in enumerate(source.splitlines(), 1) if line.endswith("# unrun")]
