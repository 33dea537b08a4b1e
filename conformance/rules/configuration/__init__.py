"""CF6xx: configuration (PRD-012 §4, §6; Integration Patterns)."""
