"""TS7xx: tests (PRD-012 §7)."""
