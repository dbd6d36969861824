"""One file a kind of place that bytes of documents lie in."""
