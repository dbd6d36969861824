"""Text from weights: one `Engine`, several implementations."""
