"""DI1xx: providers and injection (PRD-012 §2, §3, §6)."""
