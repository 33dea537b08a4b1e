"""Rules about the check itself. The engine makes their findings (`conformance.check`, `conformance.suppressions`)."""
