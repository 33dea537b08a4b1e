"""LY4xx: layers and components (Integration Patterns; PRD-012 §6)."""
