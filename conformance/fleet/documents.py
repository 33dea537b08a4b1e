"""The fleet as one JSON document, which a later run is held against, and as SARIF with a run for each checkout."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from conformance.errors import UsageError
from conformance.reporters import json_format, sarif
from conformance.reporters.text import new
from conformance.results import FindingStatus
from conformance.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from conformance.fleet.checkouts import Outcome
    from conformance.results import Report

__all__ = ["SCHEMA", "earlier", "found", "json_text", "sarif_text"]

SCHEMA: Final = "conformance-fleet/1"

Found = Counter[tuple[str, str]]
"""The findings of one checkout that count, told by rule and fingerprint."""


def json_text(outcomes: Sequence[Outcome]) -> str:
    """Return the fleet as JSON: the report of each checkout as `conformance check` gives it."""
    data = {
        "schema": SCHEMA,
        "version": VERSION,
        "checkouts": [
            {
                "name": each.checkout.name,
                "path": each.checkout.path,
                "state": each.state.value,
                "report": json_format.document(each.report),
            }
            for each in outcomes
        ],
    }
    return json.dumps(data, indent=2) + "\n"


def sarif_text(outcomes: Sequence[Outcome]) -> str:
    """Return the fleet as SARIF: a run for each checkout, told apart by its category."""
    runs = [
        {"automationDetails": {"id": f"conformance/{each.checkout.name}/"}, **sarif.run(each.report)}
        for each in outcomes
    ]
    return sarif.document(runs)


def found(report: Report) -> Found:
    """Return the findings that count."""
    return Counter((finding.rule, finding.fingerprint) for finding in new(report))


def earlier(file: Path) -> dict[str, Found]:
    """Return what an earlier run found in each checkout that it could check, read from its JSON.

    Raises:
        UsageError: the file is not such a document.
    """
    try:
        document = json.loads(file.read_bytes())
        if document["schema"] != SCHEMA:
            raise ValueError
        return {each["name"]: _found_in(each["report"]) for each in document["checkouts"] if each["report"]["rules"]}
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{file} is not what `conformance fleet --format json` writes") from error


def _found_in(report: Mapping[str, Any]) -> Found:
    return Counter(
        (finding["rule"], finding["fingerprint"])
        for finding in report["findings"]
        if finding["status"] == FindingStatus.NEW
    )
