"""What the worker does. A task unpacks its context and its arguments, and calls a service."""
