"""Whether the gate closes: violations of each rule are seeded into a copy of a target, and must be found there."""

from __future__ import annotations

from conformance.selftest.run import Outcome, Result, Trial, selftest

__all__ = ["Outcome", "Result", "Trial", "selftest"]
