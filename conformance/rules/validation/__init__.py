"""DV5xx: validation boundaries (Integration Patterns)."""
