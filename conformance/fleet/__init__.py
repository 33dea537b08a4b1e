"""Many checkouts, checked independently of each other: one document, and a scorecard of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from conformance.fleet import scorecard
from conformance.fleet.checkouts import Checkout, Outcome, State, listed_in
from conformance.fleet.documents import earlier, json_text, sarif_text
from conformance.fleet.run import run_with_dask, run_with_processes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from conformance.fleet.documents import Found

__all__ = ["FLEETS", "Checkout", "Outcome", "State", "earlier", "listed_in", "run_with_dask", "run_with_processes"]

FLEETS: Final[Mapping[str, Callable[[Sequence[Outcome], Mapping[str, Found] | None], str]]] = {
    "markdown": lambda outcomes, before: scorecard.markdown(scorecard.scorecard(outcomes, before)),
    "html": lambda outcomes, before: scorecard.html(scorecard.scorecard(outcomes, before)),
    "json": lambda outcomes, _: json_text(outcomes),
    "sarif": lambda outcomes, _: sarif_text(outcomes),
}
"""What is written of a fleet, and of what came and went since an earlier run; the default first."""
