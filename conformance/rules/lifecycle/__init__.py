"""LC2xx: resource lifecycle (PRD-012 §3, §4)."""
