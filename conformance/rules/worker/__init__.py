"""WK3xx: the arq worker (PRD-012 §2 Rule 5, §5, §6)."""
