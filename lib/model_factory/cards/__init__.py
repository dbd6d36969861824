"""Experiment cards: one module per section; a station imports only its own."""
