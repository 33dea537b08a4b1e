"""FP8xx: PRD-007's forbidden patterns, as PRD-012 §8 names them."""
