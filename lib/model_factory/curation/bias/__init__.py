"""Whom the corpus speaks of, in which company, and how the blend can make up for it."""
