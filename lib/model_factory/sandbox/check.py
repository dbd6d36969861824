"""Judging candidate functions by what they return: expected values never enter the sandbox."""
