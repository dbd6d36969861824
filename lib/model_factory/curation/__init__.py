"""From raw files to curated documents, and from functions in them to rows of executed code."""
