"""The operator's terminal: `python -m reference_app.cli --help`."""
