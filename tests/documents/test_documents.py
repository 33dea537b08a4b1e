"""The code samples of the two documents, as they stand there, and what the rules say of each.

A `.case` file holds programs in the form of a case file: `=== name`, `--- path`, `# expect: ID` behind the line that is
reported under the default profile, `# aegis: ID` under the other one. `over: name` lays the files over those of another
case. What stands between `# >>>` and `# <<<` is the document's own text; what is around it makes a program of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conformance.config import Config, Profile
from conformance.examples import Expected, expected_in, found_in, program_from
from conformance.rules import all_rules

HERE = Path(__file__).parent
SEEDS = HERE.parents[2] / "shared" / "seeds"
DOCUMENTS = ("prd-012", "integration-patterns")
MARK = re.compile(r"\s*#\s*(expect|aegis):[A-Z0-9 ]+")


@dataclass(frozen=True, slots=True)
class Case:
    """A program, and what is to be found in it under each profile."""

    name: str
    files: dict[str, str] = field(default_factory=dict)

    @property
    def samples(self) -> Iterator[list[str]]:
        """The samples in it, each as its lines, without marks, indentation and blank lines."""
        for text in self.files.values():
            for sample in re.findall(r"^ *# >>> [^\n]*\n(.*?)^ *# <<<", text, re.DOTALL | re.MULTILINE):
                yield written_lines(MARK.sub("", sample))

    def expected(self, profile: Profile) -> Expected:
        """What the rules must say under a profile."""
        if profile is Profile.PRD_012:
            return expected_in(self.files)
        marks = {"# expect:": "# prd-012:", "# aegis:": "# expect:"}
        return expected_in({path: replaced(text, marks) for path, text in self.files.items()})


def replaced(text: str, words: dict[str, str]) -> str:
    for old, new in words.items():
        text = text.replace(old, new)
    return text


def written_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def cases_of(document: str) -> list[Case]:
    cases: dict[str, Case] = {}
    current, path = Case(""), ""
    for line in (HERE / f"{document}.case").read_text("utf-8").splitlines():
        if line.startswith("=== "):
            current, path = Case(line[4:]), ""
            cases[current.name] = current
        elif line.startswith("over: "):
            current.files.update(cases[line[6:]].files)
        elif line.startswith("--- "):
            path = line[4:]
            current.files[path] = ""
        elif path:
            current.files[path] += line + "\n"
    return list(cases.values())


def each_case(document: str) -> list[object]:
    return [pytest.param(case, id=case.name) for case in cases_of(document)]


def found(case: Case, profile: Profile) -> Expected:
    return found_in(
        program_from(case.files, Config(profile=profile)), [rule for rule in all_rules() if not rule.opt_in]
    )


@pytest.mark.parametrize("case", each_case("prd-012"))
def test_prd_012_is_judged_as_it_judges_itself(case: Case) -> None:
    assert found(case, Profile.PRD_012) == case.expected(Profile.PRD_012)


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("case", each_case("integration-patterns"))
def test_integration_patterns_keeps_to_its_own_profile(case: Case, profile: Profile) -> None:
    assert found(case, profile) == case.expected(profile)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_samples_are_the_documents_own_text(document: str) -> None:
    source = document_lines(document)

    strange = [sample for case in cases_of(document) for sample in case.samples if not stands_in(sample, source)]

    assert strange == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_sample_is_left_out(document: str) -> None:
    taken = {line for case in cases_of(document) for sample in case.samples for line in sample}

    heads = [
        line for line in document_lines(document) if re.match(r"# (FORBIDDEN|CORRECT|\w+/)|(async )?def |class ", line)
    ]

    assert [line for line in heads if line not in taken] == []


def document_lines(document: str) -> list[str]:
    file = SEEDS / f"{document}.txt"
    if not file.exists():
        pytest.skip("the documents are beside this repository in its own CI alone")
    return written_lines(file.read_text("utf-8"))


def stands_in(sample: list[str], source: list[str]) -> bool:
    return any(source[at : at + len(sample)] == sample for at, line in enumerate(source) if line == sample[0])
