"""Suites of expectations about figures: of each source, and of the whole table."""
