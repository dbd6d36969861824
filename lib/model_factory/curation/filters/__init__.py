"""Which documents are worth training on: one module per filter, each a polars expression over the text."""
