"""How the application itself is doing."""
