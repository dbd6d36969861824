"""Where raw files come from: one module per kind of source, and the listing of all of them by content."""

from model_factory.curation.sources.listing import list_sources

__all__ = ["list_sources"]
