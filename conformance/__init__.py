"""Checks a Python package against the architecture that PRD-012 and Integration Patterns describe."""
