"""Triage of problem reports: an application that conforms to the rules, to run and to copy from."""
