"""Rules shared out over several processes: the same comes out of it, whatever becomes of the processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance import cli
from conformance.check import check
from conformance.config import Config
from conformance.reporters import REPORTERS
from conformance.rules import all_rules
from tests.kit import lay_out

ROOT = Path(__file__).parent.parent
TARGET = {
    "app/__init__.py": "",
    "app/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n\n\ndef f(it: FastAPI):\n    it.state.x = 1\n",
    "app/deps.py": "def get_db(request, db=None):\n    db = db or object()\n    return db\n",
    "app/env.py": "import os\n\nHOME = os.environ['HOME']\n",
}
SCRIPT = """\
import os, signal, sys, threading
from pathlib import Path
from conformance import judging
from conformance.check import check
from conformance.config import Config
from conformance.reporters import REPORTERS

way, target = sys.argv[1:]
judging.PAYS = 0
parent, run = os.getpid(), judging._run
ran = []
begun, begin = os.pipe()

def watched(rule, program):
    if os.getpid() == parent:
        if way in {'four', 'killed later'} and len(ran) == 1:
            os.read(begun, 1)  # until another has begun, or been killed
        ran.append(rule.id)
    elif way == 'four':
        os.write(begin, b'.')
    elif way == 'killed':
        os.kill(os.getpid(), signal.SIGKILL)
    elif way == 'killed later' and rule.id > 'DI':
        os.write(begin, b'.')
        os._exit(3)
    elif way == 'crashed':
        raise SystemExit(1)
    return run(rule, program)

judging._run = watched
if way == 'few numbers':
    judging._BYTES = 3
if way == 'threads':
    threading.Thread(target=threading.Event().wait, daemon=True).start()
report = check([Path(target)], Config(), processes=1 if way == 'one' else 4)
print(len(ran), file=sys.stderr)
sys.stdout.write(REPORTERS['json'](report))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
@pytest.mark.parametrize("way", ["one", "four", "killed", "killed later", "crashed", "few numbers", "threads"])
def test_the_same_comes_out(way: str, tmp_path: Path) -> None:
    target = lay_out(tmp_path / "target", TARGET)
    expected = REPORTERS["json"](check([target], Config()))

    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, way, str(target)],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=100, check=True,
    )  # fmt: skip

    assert json.loads(done.stdout)["findings"]
    assert done.stdout == expected
    asked = sum(not rule.engine for rule in all_rules() if not rule.opt_in)
    here = int(done.stderr)
    some = {"few numbers", "killed later"}  # what one has sent back that took no rule after those, is not run again
    assert here < asked if way == "four" else here <= asked if way in some else here == asked


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_how_many_is_a_number_from_1(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--processes", number]) == 2
    assert "--processes" in capsys.readouterr().err


def test_timings_are_said_beside_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = lay_out(tmp_path / "target", TARGET)
    arguments = ["check", str(target), "--cache-dir", str(tmp_path / "cache"), "--output-format", "json"]
    cli.main(arguments)
    plain = capsys.readouterr()
    cli.main([*arguments, "--timings"])
    recalled = capsys.readouterr()
    cli.main([*arguments, "--timings", "--no-cache"])
    timed = capsys.readouterr()

    assert plain.out == recalled.out == timed.out
    assert recalled.err.endswith("nothing has changed: the stored result was taken\n")
    lines = timed.err.splitlines()
    assert lines[0].startswith("4 files parsed, ")
    assert [line.split()[-1] for line in lines[1:4]] == ["reading", "linking", "judging"]
    assert any(line.endswith("DI108 state-write-outside-lifespan") for line in lines)
